use zeroize::Zeroizing;

use crate::{
    Entropy, base64url,
    digest::constant_time_eq,
    vault::{KdfParams, VaultError},
};

/// What is kept of a password: Argon2id over it and a salt of its own. Tells nobody the password; does not print.
#[derive(Clone)]
pub struct PasswordHash {
    params: KdfParams,
    salt: [u8; 32],
    hash: [u8; 32],
}

impl PasswordHash {
    /// Hashes a new password. Takes its time and memory: off the runtime.
    ///
    /// # Errors
    /// [`VaultError::ParamsNotAllowed`].
    pub fn of(password: &str, params: KdfParams, entropy: &dyn Entropy) -> Result<Self, VaultError> {
        let mut salt = [0; 32];
        entropy.fill(&mut salt);
        let hash = *params.check()?.derive_key(password, &salt)?;
        Ok(PasswordHash { params, salt, hash })
    }

    /// Whether this is the password. Takes as long for a wrong one.
    pub fn is(&self, password: &str) -> bool {
        let derived = self.params.derive_key(password, &self.salt);
        derived.is_ok_and(|derived: Zeroizing<[u8; 32]>| constant_time_eq(derived.as_slice(), &self.hash))
    }

    /// `argon2id$memory$passes$lanes$salt$hash`, the last two in base64url.
    pub fn to_text(&self) -> String {
        let KdfParams { memory_kib, passes, lanes } = self.params;
        let (salt, hash) = (base64url::encode(&self.salt), base64url::encode(&self.hash));
        format!("argon2id${memory_kib}${passes}${lanes}${salt}${hash}")
    }

    /// Reads back what [`PasswordHash::to_text`] wrote; `None` for anything else, or parameters outside the limits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("argon2id$")?.split('$');
        let mut number = || parts.next()?.parse().ok();
        let params = KdfParams { memory_kib: number()?, passes: number()?, lanes: number()? };
        let mut bytes = || -> Option<[u8; 32]> { base64url::decode(parts.next()?).ok()?.try_into().ok() };
        let (salt, hash) = (bytes()?, bytes()?);
        let params = params.check().ok()?;
        parts.next().is_none().then_some(PasswordHash { params, salt, hash })
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsEntropy;

    #[test]
    fn a_password_is_known_again_and_no_other_is() {
        let kept = PasswordHash::of("lodge pole pine", KdfParams::MINIMUM, &OsEntropy).unwrap();
        assert!(kept.is("lodge pole pine"));
        assert!(!kept.is("lodge pole Pine") && !kept.is(""));
        let read = PasswordHash::parse(&kept.to_text()).unwrap();
        assert!(read.is("lodge pole pine"));
        let again = PasswordHash::of("lodge pole pine", KdfParams::MINIMUM, &OsEntropy).unwrap();
        assert_ne!(again.to_text(), kept.to_text(), "each has its own salt");
        assert_eq!(format!("{kept:?}"), "PasswordHash");
    }

    #[test]
    fn d02_what_asks_for_too_little_or_too_much_is_not_read() {
        let text = PasswordHash::of("a", KdfParams::MINIMUM, &OsEntropy).unwrap().to_text();
        assert!(PasswordHash::parse(&text).is_some());
        for wrong in [
            text.replacen("$19456$", "$8$", 1),
            text.replacen("$19456$", "$67108864$", 1),
            text.replacen("argon2id", "argon2i", 1),
            format!("{text}$"),
            text[..text.len() - 1].to_owned(),
            String::new(),
        ] {
            assert!(PasswordHash::parse(&wrong).is_none(), "{wrong}");
        }
    }
}
