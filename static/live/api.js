/**
 * @typedef {{pointer: string, detail: string}} FieldError
 * @typedef {{method?: string, body?: unknown, token?: string, keepalive?: boolean}} Question
 */

/** A refusal over HTTP, or no answer at all (`code` "unanswered"). */
export class ApiError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{errors?: FieldError[], retryAfter?: number}} [more] fields that were refused; seconds to wait
   */
  constructor(code, message, { errors = [], retryAfter } = {}) {
    super(message);
    this.code = code;
    this.errors = errors;
    this.retryAfter = retryAfter;
  }
}

const PATIENCE_MS = 15_000;

/** The HTTP side of the server: JSON in, JSON out, refusals as `ApiError`. */
export function createApi() {
  /**
   * @param {string} path
   * @param {Question} [question]
   */
  async function ask(path, { method = "GET", body, token, keepalive = false } = {}) {
    const options = { method, headers: headers(body, token), body: JSON.stringify(body), keepalive };
    const response = await send(path, options);
    const answer = await response.json().catch(() => null);
    if (response.ok) return answer;
    throw new ApiError(answer?.code ?? "unanswered", answer?.detail ?? `The shop answered ${response.status}.`, {
      errors: answer?.errors,
      retryAfter: answer?.retry_after,
    });
  }

  return {
    /** @param {string} path @param {string} [token] */
    get: (path, token) => ask(path, { token }),

    /**
     * @param {string} path
     * @param {unknown} body
     * @param {{token?: string, keepalive?: boolean}} [how] `keepalive`: to the end, even if the page is left meanwhile
     */
    post: (path, body, how) => ask(path, { method: "POST", body, ...how }),

    /** @param {string} path @param {unknown} body @param {{token?: string}} [how] */
    put: (path, body, how) => ask(path, { method: "PUT", body, ...how }),

    /** @param {string} path @param {string} [token] */
    delete: (path, token) => ask(path, { method: "DELETE", token }),
  };
}

/**
 * @param {unknown} body
 * @param {string} [token]
 */
function headers(body, token) {
  /** @type {Record<string, string>} */
  const named = { Accept: "application/json" };
  if (body !== undefined) named["Content-Type"] = "application/json";
  if (token) named.Authorization = `Bearer ${token}`;
  return named;
}

/**
 * @param {string} path
 * @param {RequestInit} options
 */
async function send(path, options) {
  try {
    return await fetch(path, { ...options, credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    throw new ApiError("unanswered", "The shop did not answer.");
  }
}

/** @typedef {ReturnType<typeof createApi>} Api */
