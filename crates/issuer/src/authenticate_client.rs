use jiff::Timestamp;
use portage_oid4vci::{
    ClientAssertionError, RegisteredClient, TokenRequest, UnverifiedClientAssertion, VerifiedClientAssertion,
};

use crate::{Issuer, KeyedHash, one_time::Kind};

/// Which clients may redeem a code. The one method is `private_key_jwt`. Whoever tries to prove who it is and does not succeed is
/// refused, wherever it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ClientAuthentication {
    /// Every one; none is known.
    #[default]
    None,
    /// Every one; these are known, and prove who they are when they say so.
    Optional(Vec<RegisteredClient>),
    /// These alone.
    Required(Vec<RegisteredClient>),
}

/// Why a client is refused: `invalid_client` on the wire, whichever it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientRefusal {
    /// It did not say who it is, or did not prove it.
    #[error("the client did not prove who it is")]
    Missing,
    /// Nobody of this `client_id` is registered, or `client_id` and assertion name two.
    #[error("a client that is not registered")]
    Unknown,
    /// Its assertion does not hold.
    #[error("client_assertion: {0}")]
    Assertion(#[from] ClientAssertionError),
    /// Its assertion was used before.
    #[error("client_assertion: it was used before")]
    Replayed,
}

impl ClientAuthentication {
    fn registered(&self) -> &[RegisteredClient] {
        match self {
            ClientAuthentication::None => &[],
            ClientAuthentication::Optional(clients) | ClientAuthentication::Required(clients) => clients,
        }
    }

    fn client(&self, id: &str) -> Option<&RegisteredClient> {
        self.registered().iter().find(|client| client.id == id)
    }
}

impl<S> Issuer<S> {
    /// Who asks, by an assertion that holds; `None` is a client that nobody knows, where such are served. Whether the assertion was used before, the
    /// store says when it consumes it.
    pub(crate) fn authenticate_client(
        &self,
        request: &TokenRequest,
        now: Timestamp,
    ) -> Result<Option<VerifiedClientAssertion>, ClientRefusal> {
        let clients = &self.profile.clients;
        let Some(assertion) = &request.client_assertion else {
            let is_known = request.client_id.as_ref().is_some_and(|id| clients.client(id).is_some());
            let is_required = matches!(clients, ClientAuthentication::Required(_));
            return if is_known || is_required { Err(ClientRefusal::Missing) } else { Ok(None) };
        };
        let assertion = UnverifiedClientAssertion::parse(assertion)?;
        let claimed = assertion.claimed_client().ok_or(ClientRefusal::Unknown)?;
        let client = clients.client(claimed).ok_or(ClientRefusal::Unknown)?;
        if request.client_id.as_ref().is_some_and(|id| *id != client.id) {
            return Err(ClientRefusal::Unknown);
        }
        Ok(Some(assertion.verify(client, &self.profile.identifier, now)?))
    }

    /// What the store keeps of a `jti`, which is unique for its client alone.
    pub(crate) fn jti_hash(&self, client_id: &str, jti: &str) -> KeyedHash {
        // The length first: what belongs to which is not a matter of what stands in it.
        let text = format!("{} {client_id} {jti}", client_id.len());
        self.keys.secret.hash(Kind::ClientAssertion, &text)
    }
}
