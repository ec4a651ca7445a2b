use jiff::{SignedDuration, Timestamp};
use portage_dcql::Query;
use portage_did::{Did, LoopbackOrigins};
use portage_jose::NumericDate;
use serde_json::{Map, Value};
use url::Url;

use crate::{
    AuthenticatedRequest, ClientId, ClientIdPrefix, Nonce, PurposeInfo, RESPONSE_TYPE, RequestError,
    ResponseEncryption, ResponseMode, State, VpFormats, purpose_info::find_statement,
};

/// A request that holds in every part and that this wallet can act on. Private fields, one constructor:
/// [`AuthenticatedRequest::resolve`].
#[derive(Debug, Clone)]
pub struct ResolvedRequest {
    client_id: ClientId,
    did: Option<Did>,
    response_uri: Url,
    nonce: Nonce,
    state: Option<State>,
    query: Query,
    dcql_query: Value,
    vp_formats: VpFormats,
    encryption: Option<ResponseEncryption>,
    purpose: Option<PurposeInfo>,
    purpose_statement: Option<String>,
    trust_chain: Vec<String>,
}

/// Clock leeway.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

impl AuthenticatedRequest {
    /// Checks every parameter (§5, §8.2). Unknown ones are ignored, `transaction_data` excepted.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn resolve(
        &self,
        now: Timestamp,
        loopback: &LoopbackOrigins,
    ) -> Result<ResolvedRequest, RequestError> {
        let parameters = &self.parameters;
        if parameters.contains_key("transaction_data") {
            return Err(RequestError::TransactionData);
        }
        check_times(parameters, now)?;
        expect_text(parameters, "response_type", RESPONSE_TYPE)?;
        let mode = text(parameters, "response_mode")?.and_then(ResponseMode::from_name);
        let mode = mode.ok_or(RequestError::Parameter("response_mode"))?;
        if parameters.contains_key("redirect_uri") {
            return Err(RequestError::Parameter("redirect_uri"));
        }
        let response_uri = self.response_uri(loopback)?;
        let nonce = Nonce::parse(text(parameters, "nonce")?.ok_or(RequestError::Parameter("nonce"))?)?;
        let state = text(parameters, "state")?.map(State::parse).transpose()?;
        let dcql_query = dcql_query(parameters)?;
        let query = Query::parse(dcql_query)?;
        let metadata = self.metadata();
        let vp_formats = VpFormats::of_client_metadata(&metadata)?;
        let encryption = match mode {
            ResponseMode::DirectPost => None,
            ResponseMode::DirectPostJwt => Some(ResponseEncryption::of_client_metadata(&metadata)?),
        };
        let (purpose, purpose_statement) = match parameters.get("verifier_info") {
            Some(info) => (PurposeInfo::find(info)?, find_statement(info)?),
            None => (None, None),
        };
        Ok(ResolvedRequest {
            client_id: self.client_id.clone(),
            did: self.did.clone(),
            response_uri,
            nonce,
            state,
            query,
            dcql_query: dcql_query.clone(),
            vp_formats,
            encryption,
            purpose,
            purpose_statement,
            trust_chain: self.trust_chain.clone(),
        })
    }

    /// The verifier's metadata: that of its trust chain, else that of the request; empty where there is none.
    fn metadata(&self) -> Value {
        let told = || self.parameters.get("client_metadata").cloned();
        let known = self.verifier_metadata.as_ref().map(|metadata| Value::Object(metadata.members.clone()));
        known.or_else(told).unwrap_or_else(|| Value::Object(Map::new()))
    }

    /// Where the answer goes. Under `redirect_uri:` it is the Client Identifier itself and may be left out (§5.9.3).
    fn response_uri(&self, loopback: &LoopbackOrigins) -> Result<Url, RequestError> {
        let named = text(&self.parameters, "response_uri")?;
        let address = match self.client_id.prefix() {
            ClientIdPrefix::RedirectUri => {
                let own = self.client_id.without_prefix();
                if named.is_some_and(|named| named != own) {
                    return Err(RequestError::Parameter("response_uri"));
                }
                own
            }
            _ => named.ok_or(RequestError::Parameter("response_uri"))?,
        };
        let url = Url::parse(address).map_err(|_| RequestError::Parameter("response_uri"))?;
        if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err(RequestError::Parameter("response_uri"));
        }
        if url.scheme() != "https" && !loopback.contains(&url) {
            return Err(RequestError::AddressNotAllowed);
        }
        let entity = self.client_id.without_prefix();
        match &self.verifier_metadata {
            Some(metadata) if !metadata.allows_response_uri(entity, &url) => {
                Err(RequestError::Parameter("response_uri"))
            }
            _ => Ok(url),
        }
    }
}

impl ResolvedRequest {
    /// Who asks: the full Client Identifier, the audience of every proof.
    pub fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// The DID whose key signed the request; `None` when nobody signed it, or a federation's member did.
    pub fn did(&self) -> Option<&Did> {
        self.did.as_ref()
    }

    /// The Entity Identifier of whoever asks, under `openid_federation:`.
    pub fn entity(&self) -> Option<&str> {
        let is_entity = self.client_id.prefix() == ClientIdPrefix::OpenidFederation;
        is_entity.then(|| self.client_id.without_prefix())
    }

    /// The name by which lists and authorities know whoever asks: the DID, the Entity Identifier; else the whole Client Identifier.
    pub fn party(&self) -> &str {
        match self.client_id.prefix() {
            ClientIdPrefix::DecentralizedIdentifier | ClientIdPrefix::OpenidFederation => {
                self.client_id.without_prefix()
            }
            _ => self.client_id.as_str(),
        }
    }

    /// Where the answer goes.
    pub fn response_uri(&self) -> &Url {
        &self.response_uri
    }

    /// What every proof in the answer is made for.
    pub fn nonce(&self) -> &Nonce {
        &self.nonce
    }

    /// To be echoed.
    pub fn state(&self) -> Option<&State> {
        self.state.as_ref()
    }

    /// What is asked.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// What is asked, as it stands.
    pub fn dcql_query(&self) -> &Value {
        &self.dcql_query
    }

    /// The formats the verifier takes.
    pub fn vp_formats(&self) -> &VpFormats {
        &self.vp_formats
    }

    /// To whom and how the answer is encrypted; `None`: it is not.
    pub fn encryption(&self) -> Option<&ResponseEncryption> {
        self.encryption.as_ref()
    }

    /// Why it is asked, by the verifier's own word.
    pub fn purpose(&self) -> Option<&PurposeInfo> {
        self.purpose.as_ref()
    }

    /// What an authority signed about the purpose, by the verifier's own word: a purpose statement, not verified.
    pub fn purpose_statement(&self) -> Option<&str> {
        self.purpose_statement.as_deref()
    }

    /// The chain that the verifier brought along about itself, not validated.
    pub fn trust_chain(&self) -> &[String] {
        &self.trust_chain
    }
}

fn check_times(parameters: &Map<String, Value>, now: Timestamp) -> Result<(), RequestError> {
    if let Some(NumericDate(end)) = NumericDate::from_claim(parameters, "exp")?
        && now.duration_since(end) > LEEWAY
    {
        return Err(RequestError::Expired);
    }
    for name in ["nbf", "iat"] {
        if let Some(NumericDate(start)) = NumericDate::from_claim(parameters, name)?
            && start.duration_since(now) > LEEWAY
        {
            return Err(RequestError::NotYetValid);
        }
    }
    Ok(())
}

fn dcql_query(parameters: &Map<String, Value>) -> Result<&Value, RequestError> {
    match (parameters.get("dcql_query"), parameters.get("scope")) {
        (Some(query), None) => Ok(query),
        (None, None) => Err(RequestError::Parameter("dcql_query")),
        (_, Some(_)) => Err(RequestError::Parameter("scope")),
    }
}

fn expect_text(
    parameters: &Map<String, Value>,
    name: &'static str,
    expected: &str,
) -> Result<(), RequestError> {
    match text(parameters, name)? {
        Some(found) if found == expected => Ok(()),
        _ => Err(RequestError::Parameter(name)),
    }
}

fn text<'a>(parameters: &'a Map<String, Value>, name: &'static str) -> Result<Option<&'a str>, RequestError> {
    match parameters.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(RequestError::Parameter(name)),
    }
}
