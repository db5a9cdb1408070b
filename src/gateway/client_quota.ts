const DAY_MS = 86_400_000;

/** What one client may still be sent today. A day begins at midnight UTC. Bytes are reserved before
 * they leave, so that answers side by side do not go beyond it together. */
export class ClientQuota {
  readonly name: string;
  #bytesPerDay: number;
  #day = -1;
  #sentToday = 0;
  #reserved = 0;
  #sent = 0;

  constructor(name: string, bytesPerDay: number) {
    this.name = name;
    this.#bytesPerDay = bytesPerDay;
  }

  get bytesPerDay(): number {
    return this.#bytesPerDay;
  }

  /** The operator has changed it; what was sent today counts on. */
  set bytesPerDay(bytes: number) {
    this.#bytesPerDay = bytes;
  }

  /** Bytes sent since the node started. */
  get sent(): number {
    return this.#sent;
  }

  leftBytes(unixMs: number): number {
    const day = Math.floor(unixMs / DAY_MS);
    if (day !== this.#day) {
      this.#day = day;
      this.#sentToday = 0;
    }
    return Math.max(0, this.#bytesPerDay - this.#sentToday - this.#reserved);
  }

  /** Bytes that answers under way may still take of today; what they do not send comes back. */
  reservedBytes(unixMs: number): number {
    const left = this.leftBytes(unixMs); // first: it begins a new day
    return Math.max(0, this.#bytesPerDay - this.#sentToday) - left;
  }

  /** @returns false if less than that is left; then nothing changes. */
  reserve(bytes: number, unixMs: number): boolean {
    if (bytes > this.leftBytes(unixMs)) return false;
    this.#reserved += bytes;
    return true;
  }

  /** An answer is over. @param reserved for it. @param sent of it: these count today. */
  settle(reserved: number, sent: number, unixMs: number): void {
    this.leftBytes(unixMs);
    this.#reserved -= reserved;
    this.#sentToday += sent;
    this.#sent += sent;
  }

  /** When the next day begins, unix ms. */
  static resetMs(unixMs: number): number {
    return (Math.floor(unixMs / DAY_MS) + 1) * DAY_MS;
  }
}
