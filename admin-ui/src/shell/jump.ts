// `g` then a letter jumps to a place. Lists ask `isJumping` so that the letter does not act twice.
const windowMs = 1200;
let armedAt = Number.NEGATIVE_INFINITY;

export function armJump(now = Date.now()): void {
  armedAt = now;
}

export function isJumping(now = Date.now()): boolean {
  return now - armedAt <= windowMs;
}
