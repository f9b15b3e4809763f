/** What the browser's passkeys speak, in the JSON of the standard, which is what the API takes and gives. */

export type CredentialJson = Record<string, unknown>;

/** Whether this browser knows passkeys. */
export function knowsPasskeys(): boolean {
  return typeof PublicKeyCredential !== "undefined" && "parseRequestOptionsFromJSON" in PublicKeyCredential;
}

/** Have a passkey made. Null when the person changed their mind, or the device has one of this account already. */
export async function makePasskey(options: Record<string, unknown>): Promise<CredentialJson | null> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as unknown as PublicKeyCredentialCreationOptionsJSON);
  return asJson(() => navigator.credentials.create({ publicKey }));
}

/** Have a passkey used. Null when the person changed their mind. */
export async function signByPasskey(options: Record<string, unknown>): Promise<CredentialJson | null> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as unknown as PublicKeyCredentialRequestOptionsJSON);
  return asJson(() => navigator.credentials.get({ publicKey }));
}

async function asJson(ask: () => Promise<Credential | null>): Promise<CredentialJson | null> {
  try {
    const credential = await ask();
    return credential instanceof PublicKeyCredential ? (credential.toJSON() as unknown as CredentialJson) : null;
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}
