use url::Url;

use crate::{Did, DidError};

/// The configured exact loopback origins (`[network] allow`): `http://localhost:PORT`, `http://127.0.0.1:PORT`, `http://[::1]:PORT`.
/// For these alone http is used. Empty by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoopbackOrigins(Vec<Url>);

impl LoopbackOrigins {
    /// Reads the list; anything but a bare loopback http origin with a port is refused.
    ///
    /// # Errors
    /// [`DidError::AddressNotAllowed`].
    pub fn parse<'a>(origins: impl IntoIterator<Item = &'a str>) -> Result<Self, DidError> {
        let _ = origins.into_iter().count();
        todo!()
    }

    /// Whether this URL's origin is on the list.
    pub fn contains(&self, url: &Url) -> bool {
        self.0.iter().any(|origin| origin.origin() == url.origin())
    }

    /// The origins.
    pub fn iter(&self) -> impl Iterator<Item = &Url> {
        self.0.iter()
    }
}

/// The did:web of a base URL (`http://localhost:8080` → `did:web:localhost%3A8080`).
///
/// # Errors
/// [`DidError`].
pub fn did_web(base: &Url) -> Result<Did, DidError> {
    let _ = base;
    todo!()
}
