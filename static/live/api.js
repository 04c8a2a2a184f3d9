/** A refusal over HTTP, or no answer at all (`code` "unanswered"). */
export class ApiError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

const PATIENCE_MS = 15_000;

/** The HTTP side of the server: JSON in, JSON out, refusals as `ApiError`. */
export function createApi() {
  /**
   * @param {string} path
   * @param {RequestInit} options
   */
  async function ask(path, options) {
    const response = await send(path, options);
    const body = await response.json().catch(() => null);
    if (response.ok) return body;
    throw new ApiError(body?.code ?? "unanswered", body?.detail ?? `The shop answered ${response.status}.`);
  }

  return {
    /** @param {string} path */
    get: (path) => ask(path, { headers: { Accept: "application/json" } }),

    /**
     * @param {string} path
     * @param {unknown} body
     * @param {string | null} [token]
     */
    post: (path, body, token) =>
      ask(path, { method: "POST", headers: headers(token), body: JSON.stringify(body) }),
  };
}

/** @param {string | null} [token] */
function headers(token) {
  /** @type {Record<string, string>} */
  const named = { "Accept": "application/json", "Content-Type": "application/json" };
  if (token) named.Authorization = `Bearer ${token}`;
  return named;
}

/**
 * @param {string} path
 * @param {RequestInit} options
 */
async function send(path, options) {
  try {
    return await fetch(path, { ...options, signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    throw new ApiError("unanswered", "The shop did not answer.");
  }
}

/** @typedef {ReturnType<typeof createApi>} Api */
