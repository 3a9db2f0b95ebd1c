/** MLflow's errors as its REST shows them. */
import { z } from "zod";

/** The HTTP status of each error code, after `ERROR_CODE_TO_HTTP_STATUS` of MLflow 3.17.2. */
export const mlflowErrorStatus = {
  INTERNAL_ERROR: 500,
  INVALID_STATE: 500,
  NOT_IMPLEMENTED: 501,
  ENDPOINT_NOT_FOUND: 404,
  RESOURCE_DOES_NOT_EXIST: 404,
  PERMISSION_DENIED: 403,
  UNAUTHENTICATED: 401,
  BAD_REQUEST: 400,
  RESOURCE_ALREADY_EXISTS: 400,
  INVALID_PARAMETER_VALUE: 400,
} as const;
export type MlflowErrorCode = keyof typeof mlflowErrorStatus;

/** The body of an answer that refuses. */
export const WireError = z.object({ error_code: z.string(), message: z.string().default("") });
export type WireError = z.infer<typeof WireError>;
