/**
 * @typedef {{pointer: string, detail: string}} FieldError
 * @typedef {{method?: string, body?: unknown, token?: string, session?: string, keepalive?: boolean}} Question `session`:
 *   whose cart is meant where nobody is signed in
 */

/** A refusal over HTTP, or no answer at all (`code` "unanswered"). */
export class ApiError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{errors?: FieldError[], retryAfter?: number, details?: Record<string, unknown>}} [more] fields that were
   *   refused; seconds to wait; what else the problem says ("available", say)
   */
  constructor(code, message, { errors = [], retryAfter, details } = {}) {
    super(message);
    this.details = details;
    this.code = code;
    this.errors = errors;
    this.retryAfter = retryAfter;
  }
}

const PATIENCE_MS = 15_000;
const FILE_PATIENCE_MS = 120_000;

/** The HTTP side of the server: JSON in, JSON out, refusals as `ApiError`. */
export function createApi() {
  /**
   * @param {string} path
   * @param {Question} [question]
   */
  async function ask(path, { method = "GET", body, token, session, keepalive = false } = {}) {
    const file = body instanceof FormData || body instanceof Blob;
    const options = { method, headers: headers(body, token, session), body: file ? body : JSON.stringify(body), keepalive };
    const response = await send(path, options, file ? FILE_PATIENCE_MS : PATIENCE_MS);
    // 202 may be either: taken on, or undecided, which is told as a problem.
    if (response.ok && !response.headers.get("Content-Type")?.startsWith("application/problem")) return whole(response);
    throw refusal(response, await response.json().catch(() => null));
  }

  /** @param {string} path @param {string} [token] */
  async function blob(path, token) {
    const response = await send(path, { headers: headers(undefined, token) }, FILE_PATIENCE_MS);
    if (response.ok) return response.blob();
    throw refusal(response, await response.json().catch(() => null));
  }

  /** @param {Response} response @param {any} answer */
  function refusal(response, answer) {
    return new ApiError(answer?.code ?? "unanswered", answer?.detail ?? `The shop answered ${response.status}.`, {
      errors: answer?.errors,
      retryAfter: answer?.retry_after,
      details: answer ?? undefined,
    });
  }

  return {
    blob,

    /** @param {string} path @param {string} [token] @param {{session?: string}} [how] */
    get: (path, token, how) => (token || how ? undefined : given(path)) ?? ask(path, { token, ...how }),

    /** Whether the answer to a path came with the page: it is older than whatever is heard. @param {string} path */
    isGiven: (path) => elementOf(path) !== null,

    /**
     * @param {string} path
     * @param {unknown} body
     * @param {{token?: string, session?: string, keepalive?: boolean}} [how] `keepalive`: to the end, even if the page is left meanwhile
     */
    post: (path, body, how) => ask(path, { method: "POST", body, ...how }),

    /** @param {string} path @param {unknown} body @param {{token?: string, session?: string}} [how] */
    put: (path, body, how) => ask(path, { method: "PUT", body, ...how }),

    /** @param {string} path @param {string} [token] */
    delete: (path, token) => ask(path, { method: "DELETE", token }),
  };
}

/** What was answered, null for nothing; one that was cut off is none. @param {Response} response */
async function whole(response) {
  try {
    const text = await response.text();
    return text ? JSON.parse(text) : null;
  } catch {
    throw new ApiError("unanswered", "The shop's answer was cut off.");
  }
}

/** What came with the page, as anybody sees it; good once, because it gets no younger. @param {string} path */
function given(path) {
  const element = elementOf(path);
  if (!element) return undefined;
  element.remove();
  return Promise.resolve(JSON.parse(element.textContent ?? ""));
}

/** @param {string} path */
function elementOf(path) {
  return document.querySelector(`script[type="application/json"][data-path="${CSS.escape(path)}"]`);
}

/**
 * @param {unknown} body
 * @param {string} [token]
 * @param {string} [session]
 */
function headers(body, token, session) {
  /** @type {Record<string, string>} */
  const named = { Accept: "application/json" };
  // A form's type names its boundary, a file's is its own: the browser says both.
  if (body !== undefined && !(body instanceof FormData) && !(body instanceof Blob)) named["Content-Type"] = "application/json";
  if (token) named.Authorization = `Bearer ${token}`;
  else if (session) named["X-Cart-Session"] = session;
  return named;
}

/**
 * @param {string} path
 * @param {RequestInit} options
 * @param {number} patience milliseconds
 */
async function send(path, options, patience) {
  try {
    return await fetch(path, { ...options, credentials: "same-origin", signal: AbortSignal.timeout(patience) });
  } catch {
    throw new ApiError("unanswered", "The shop did not answer.");
  }
}

/** @typedef {ReturnType<typeof createApi>} Api */
