/** A channel's running number: a plain number, or `<milliseconds>-<number>` as streams count. */
export type Seq = string | number;

function parts(seq: Seq): [bigint, bigint] {
  const [head = "0", tail = "0"] = String(seq).split("-");
  return [BigInt(head), BigInt(tail)];
}

export function isNewer(seq: Seq, than: Seq): boolean {
  const [head, tail] = parts(seq);
  const [otherHead, otherTail] = parts(than);
  return head > otherHead || (head === otherHead && tail > otherTail);
}
