/// A source of random bytes, handed in so that tests can seed it.
pub trait Entropy: Send + Sync {
    /// Fills `out`.
    fn fill(&self, out: &mut [u8]);

    /// 128 random bits as 22 characters of base64url: a nonce, a code, a state.
    fn token(&self) -> String {
        let mut bytes = [0_u8; 16];
        self.fill(&mut bytes);
        crate::base64url::encode(&bytes)
    }
}

/// The operating system's generator. Aborts the operation with a panic where the system has none: there is no
/// safe way on.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    #[expect(clippy::expect_used, reason = "without randomness every key and nonce to come would be a lie")]
    fn fill(&self, out: &mut [u8]) {
        getrandom::fill(out).expect("the operating system has a random generator");
    }
}
