import { useMemo } from "preact/hooks";
import { useAnswer } from "../../components/answer.js";

/** Names of those who sell, by id; as far as a hundred of them. Admins may sell as well. */
export function useSellers() {
  const sellers = useAnswer("/api/admin/users?role=seller&limit=100");
  const admins = useAnswer("/api/admin/users?role=admin&limit=100");
  return useMemo(() => {
    const known = [...(sellers.data?.items ?? []), ...(admins.data?.items ?? [])];
    return new Map(known.map((/** @type {import("./people.js").AdminUser} */ one) => [one.id, one.name]));
  }, [sellers.data, admins.data]);
}
