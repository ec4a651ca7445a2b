use std::{
    fs::File,
    io::{self, Read, Write},
    path::PathBuf,
};

use portage_jose::{private_jwk, signing_key_from_private_jwk};
use portage_keys::{Algorithm, Entropy, SigningKey, base64url};
use portage_strict_json::{Limits, parse};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::owner_only::{create_file, create_folder, is_exposed};

/// `keys/*.jwk`: the private keys and secrets of a service, one JWK a file, readable by their owner alone.
#[derive(Debug, Clone)]
pub struct KeyFolder(PathBuf);

/// Why a key file does not serve. Names the file, never its content.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// Others than its owner may read or write it.
    #[error("{0} can be read by others: chmod 600 it")]
    Exposed(PathBuf),
    /// Not a private JWK of the kind expected there.
    #[error("{0} does not hold the key it should")]
    NotTheKey(PathBuf),
    /// There is one already; it is never replaced.
    #[error("{0} is there already")]
    Exists(PathBuf),
    /// The machine.
    #[error("{path} could not be read or written")]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Longest key file.
const MAX_BYTES: u64 = 16 << 10;

impl KeyFolder {
    /// The folder at `path`; it need not exist until a key is written.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        KeyFolder(path.into())
    }

    /// Writes a signing key to `<name>.jwk`.
    ///
    /// # Errors
    /// [`KeyFileError::Exists`], [`KeyFileError::Io`].
    pub fn write_signing_key(&self, name: &str, key: &SigningKey) -> Result<(), KeyFileError> {
        self.write(name, &private_jwk(key))
    }

    /// Whether there is a file `<name>.jwk`.
    pub fn holds(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// Reads the signing key of `<name>.jwk`.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn signing_key(&self, name: &str) -> Result<SigningKey, KeyFileError> {
        let text = self.read(name)?;
        signing_key_from_private_jwk(&text).map_err(|_| KeyFileError::NotTheKey(self.path(name)))
    }

    /// Reads the signing key of `<name>.jwk`, made now where there is none. Two processes at once get one key.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn signing_key_or_new(
        &self,
        name: &str,
        algorithm: Algorithm,
        entropy: &dyn Entropy,
    ) -> Result<SigningKey, KeyFileError> {
        if !self.holds(name) {
            match self.write_signing_key(name, &SigningKey::generate(algorithm, entropy)) {
                Ok(()) | Err(KeyFileError::Exists(_)) => {}
                Err(error) => return Err(error),
            }
        }
        self.signing_key(name)
    }

    /// Writes a secret of 32 bytes to `<name>.jwk`, as a symmetric JWK (RFC 7518 §6.4).
    ///
    /// # Errors
    /// [`KeyFileError::Exists`], [`KeyFileError::Io`].
    pub fn write_secret(&self, name: &str, secret: &[u8; 32]) -> Result<(), KeyFileError> {
        let encoded = Zeroizing::new(base64url::encode(secret));
        self.write(name, &Zeroizing::new(json!({ "kty": "oct", "k": *encoded }).to_string()))
    }

    /// Reads the secret of `<name>.jwk`.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn secret(&self, name: &str) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
        let text = self.read(name)?;
        secret_of_jwk(&text).ok_or_else(|| KeyFileError::NotTheKey(self.path(name)))
    }

    /// Deletes a key that is spent; one that is not there is none.
    ///
    /// # Errors
    /// [`KeyFileError::Io`].
    pub fn forget(&self, name: &str) -> Result<(), KeyFileError> {
        let path = self.path(name);
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(KeyFileError::Io { path, source }),
            _ => Ok(()),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.jwk"))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), KeyFileError> {
        let path = self.path(name);
        let written = create_folder(&self.0)
            .and_then(|()| create_file(&path))
            .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
        written.map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => KeyFileError::Exists(path),
            _ => KeyFileError::Io { path, source },
        })
    }

    fn read(&self, name: &str) -> Result<Zeroizing<String>, KeyFileError> {
        let path = self.path(name);
        let failed = |source| KeyFileError::Io { path: path.clone(), source };
        let file = File::open(&path).map_err(failed)?;
        if is_exposed(&file).map_err(failed)? {
            return Err(KeyFileError::Exposed(path));
        }
        let mut text = Zeroizing::new(String::new());
        file.take(MAX_BYTES).read_to_string(&mut text).map_err(failed)?;
        Ok(text)
    }
}

fn secret_of_jwk(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let jwk = parse(text.as_bytes(), Limits::METADATA).ok()?;
    if jwk.get("kty").and_then(Value::as_str) != Some("oct") {
        return None;
    }
    let bytes = Zeroizing::new(base64url::decode(jwk.get("k")?.as_str()?).ok()?);
    Some(Zeroizing::new(bytes.as_slice().try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use portage_keys::{OsEntropy, Signer};

    use std::fs;

    use super::*;

    #[test]
    fn keys_and_secrets_read_back_and_are_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyFolder::at(folder.path().join("keys"));
        let key = SigningKey::generate(Algorithm::EdDsa, &OsEntropy);
        keys.write_signing_key("key-1", &key).unwrap();
        assert_eq!(keys.signing_key("key-1").unwrap().verification_key(), key.verification_key());
        assert!(matches!(keys.write_signing_key("key-1", &key), Err(KeyFileError::Exists(_))));
        let kept = keys.signing_key_or_new("key-1", Algorithm::EdDsa, &OsEntropy).unwrap();
        assert_eq!(kept.verification_key(), key.verification_key());
        let made = keys.signing_key_or_new("key-9", Algorithm::EdDsa, &OsEntropy).unwrap();
        assert_eq!(keys.signing_key("key-9").unwrap().verification_key(), made.verification_key());
        keys.write_secret("one-time", &[7; 32]).unwrap();
        assert_eq!(*keys.secret("one-time").unwrap(), [7; 32]);
        assert!(matches!(keys.secret("key-1"), Err(KeyFileError::NotTheKey(_))));
        assert!(matches!(keys.signing_key("one-time"), Err(KeyFileError::NotTheKey(_))));
        assert!(matches!(keys.secret("absent"), Err(KeyFileError::Io { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyFolder::at(folder.path());
        keys.write_secret("one-time", &[7; 32]).unwrap();
        let file = folder.path().join("one-time.jwk");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        for mode in [0o640, 0o604, 0o620] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(keys.secret("one-time"), Err(KeyFileError::Exposed(_))), "{mode:o}");
        }
    }
}
