import { billingEndpoints } from "./endpoints/billing";

export const { useListPlansQuery } = billingEndpoints;
