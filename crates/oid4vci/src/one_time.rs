use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! one_time_values {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        ///
        /// Does not print: `Debug` shows the type alone. It serializes, because it is a member of a message.
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it stands.
            pub fn new(text: impl Into<String>) -> Self {
                $name(text.into())
            }

            /// The text, for the wire and for a keyed hash.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map($name)
            }
        }
    )*};
}

one_time_values! {
    /// `pre-authorized_code` (§4.1.1): redeemed once.
    PreAuthorizedCode,
    /// What the person types for `tx_code` (§6.1).
    TxCodeValue,
    /// `access_token` (§6.2).
    AccessToken,
    /// `c_nonce` (§7.2).
    CNonce,
    /// `client_assertion` (RFC 7521 §4.2): used once.
    ClientAssertionJwt,
}
