import { ApiError } from "./api.js";

/**
 * The HTTP side as whoever is signed in here: the same as `api`, with the token, which is renewed where it has run out.
 *
 * @param {{api: import("./api.js").Api, renewal: import("./renewal.js").Renewal}} parts
 */
export function createMine({ api, renewal }) {
  /**
   * @template T
   * @param {(token: string | undefined) => Promise<T>} question
   */
  async function asked(question) {
    const token = await renewal.present();
    try {
      return await question(token);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "not_authenticated" || !token) throw error;
      renewal.doubt();
      if (!(await renewal.renew())) throw error;
      return question(await renewal.present());
    }
  }

  return {
    /** @param {string} path */
    get: (path) => asked((token) => api.get(path, token)),

    /** @param {string} path @param {unknown} [body] */
    post: (path, body = {}) => asked((token) => api.post(path, body, { token })),

    /** @param {string} path @param {unknown} [body] */
    put: (path, body = {}) => asked((token) => api.put(path, body, { token })),

    /** @param {string} path */
    delete: (path) => asked((token) => api.delete(path, token)),

    /** Send a file: a form, or text with its type. @param {string} path @param {FormData | Blob} file */
    send: (path, file) => asked((token) => api.post(path, file, { token })),

    /**
     * Have the browser keep what a path answers as a file.
     *
     * @param {string} path
     * @param {string} name
     */
    async keep(path, name) {
      const blob = await asked((token) => api.blob(path, token));
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    },
  };
}

/** @typedef {ReturnType<typeof createMine>} Mine */
