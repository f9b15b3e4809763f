import { useShowMyPermissionsQuery, type Permission } from "@/api";
import { useSessionState } from "./context";

/** Say whether this login may do that; false until the API has said so. The API checks each call by itself. */
export function usePermission(permission: Permission): boolean {
  const { status } = useSessionState();
  const { data } = useShowMyPermissionsQuery(undefined, { skip: status !== "signed_in" });
  return data?.permissions.includes(permission) ?? false;
}
