use crate::RequestError;

/// Longest `nonce` or `state` that is read: ours have 43 characters.
const MAX_LENGTH: usize = 1024;

macro_rules! url_safe_value {
    ($(#[$doc:meta])* $name:ident, $parameter:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl $name {
            /// Reads one: not empty, only `A-Za-z0-9-._~` (§5.2, §5.3).
            ///
            /// # Errors
            /// [`RequestError::Parameter`].
            pub fn parse(text: &str) -> Result<Self, RequestError> {
                if text.is_empty() || text.len() > MAX_LENGTH || !text.bytes().all(is_url_safe) {
                    return Err(RequestError::Parameter($parameter));
                }
                Ok(Self(text.to_owned()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

url_safe_value! {
    /// `nonce`: what every proof in the answer is made for. Does not print.
    Nonce, "nonce"
}

url_safe_value! {
    /// `state`: by what the Verifier finds the request again. Does not print.
    State, "state"
}

fn is_url_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_characters_of_section_5_are_read_and_none_is_printed() {
        assert!(Nonce::parse("Az09-._~").is_ok());
        for bad in ["", "a b", "a$b", "é", "a/b", "a+b", "a=", &"a".repeat(1025)] {
            assert_eq!(Nonce::parse(bad), Err(RequestError::Parameter("nonce")), "{bad}");
        }
        assert_eq!(format!("{:?}", State::parse("secret").unwrap()), "State(..)");
    }
}
