// Whose message the engine judges in a preview.

/**
 * The owner of the account, or `from` where somebody else signs: a delegate, whose scope no view shows. Their order ends
 * before one of another account of the owner, and so it is judged as theirs; whether they may send it, the chain says.
 */
export const sentBy = (owner: string, from: string | undefined): { caller: string; delegate: boolean } =>
  from !== undefined && from.toLowerCase() !== owner.toLowerCase() ? { caller: from, delegate: true } : { caller: owner, delegate: false };
