/** A server's end of a WebSocket, for tests: says what it likes, and remembers what it was told. */
export class FakeSocket {
  static opened: FakeSocket[] = [];

  readyState: number = WebSocket.CONNECTING;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  sent: Record<string, unknown>[] = [];
  closedWith: number | null = null;

  constructor() {
    FakeSocket.opened.push(this);
  }

  static get last(): FakeSocket {
    const socket = FakeSocket.opened.at(-1);
    if (socket === undefined) throw new Error("No socket was opened");
    return socket;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }

  close(code: number): void {
    this.readyState = WebSocket.CLOSED;
    this.closedWith = code;
  }

  // The server's side

  accept(): void {
    this.readyState = WebSocket.OPEN;
    this.onopen?.();
  }

  say(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  signIn(): void {
    this.accept();
    this.say({ op: "ack", id: "auth", of: "auth", status: "live" });
  }

  drop(code = 1006): void {
    this.readyState = WebSocket.CLOSED;
    this.onclose?.({ code });
  }

  sentOf(op: string): Record<string, unknown>[] {
    return this.sent.filter((frame) => frame.op === op);
  }
}
