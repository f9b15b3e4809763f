import type { Seq } from "./seq";

/** A message of a channel. */
export interface ChannelFrame {
  ch: string;
  seq: Seq;
  data: unknown;
}

export interface RefusedChannel {
  channel: string;
  code: string;
  limit?: number;
  upgrade_to?: string | null;
}

/** What the server says by itself, or in answer. Members and words that we do not know are left alone. */
export type ServerFrame =
  | ChannelFrame
  | { op: "ping"; seq?: Record<string, Seq> }
  | { op: "ack"; id: string | null; of: string; status?: string; channels?: string[]; refused?: RefusedChannel[] }
  | { op: "error"; id: string | null; code: string; detail: string; limit?: number; channels?: string[] }
  | { op: "status"; state: string }
  | { op: "token_expiring"; expires_at: string }
  | { op: "resync_required"; channels: string[] }
  | { op: "pong" };
