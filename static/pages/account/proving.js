import { useLive } from "../../components/live_context.js";
import { ApiError } from "../../live/api.js";

/**
 * Asking for what takes the password once more: a wrong one is said beside its field. The server calls that
 * `not_authenticated`, as it does a sign-in that has ended, so it is not for `mine` to ask again with another token:
 * each try counts.
 *
 * @param {string} field that the password is in
 */
export function useProving(field) {
  const { api, renewal } = useLive();

  /** @param {string} path @param {unknown} body */
  return async function prove(path, body) {
    try {
      return await api.post(path, body, { token: await renewal.present() });
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "not_authenticated") throw error;
      if (!error.message.includes("wrong")) throw new ApiError("ended", "Your sign-in could not be proven. Try again in a moment.");
      throw new ApiError("validation", error.message, { errors: [{ pointer: `/${field}`, detail: "This is not your password." }] });
    }
  };
}
