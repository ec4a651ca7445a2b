//! An offer arrives: who offers what, and by what right, before any code is sent (OpenID4VCI 1.0 §4, §12.2).

use jiff::Timestamp;
use portage_catalog::{CredentialType, Format, Text};
use portage_keys::Algorithm;
use portage_oid4vci::{
    AuthorizationServerMetadata, CredentialConfiguration, CredentialIssuerMetadata, CredentialOffer,
    CredentialOfferUri, EndpointUrl, IssuerIdentifier, MessageError, PRE_AUTHORIZED_CODE, PreAuthorizedCode,
    TxCode,
};
use portage_reason::Reason;
use portage_trust::{KnownEntity, Role};
use portage_verification::learn;
use serde_json::Value;
use url::Url;

use crate::{
    ClaimName, IssuerOnRecord, IssuerWords, Wallet, Words,
    credential::type_name,
    documents::Freshness,
    holder_key::{self, HolderKey},
    issuer_identity::IssuerIdentity,
    ports::{Http, HttpFailure, HttpRequest, RequestBody, StoreFailure, WalletStore},
    remembered_logs,
};

const MAX_METADATA: usize = 256 << 10;
const JSON: &str = "application/json";

/// An offer of somebody who may issue what is offered. Nothing was sent to them but requests for public documents.
pub struct OfferReview {
    pub(crate) identity: IssuerIdentity,
    pub(crate) issuer: IssuerOnRecord,
    pub(crate) offered: Vec<OfferedCredential>,
    pub(crate) code: PreAuthorizedCode,
    pub(crate) next: NextStep,
    pub(crate) token_endpoint: EndpointUrl,
    pub(crate) metadata: CredentialIssuerMetadata,
}

const OTHER_KEY: &str = "the issuer wants a kind of key that this wallet does not have";

impl OfferReview {
    /// The same offer, its credentials bound to keys of this algorithm instead of those that the wallet prefers.
    ///
    /// # Errors
    /// [`OfferError::Unsupported`]: the issuer does not take such keys for one of them.
    pub fn bound_to(mut self, algorithm: Algorithm) -> Result<Self, OfferError> {
        for offered in &mut self.offered {
            if !offered.key.taken.contains(&algorithm) {
                return Err(OfferError::Unsupported(OTHER_KEY));
            }
            offered.key.algorithm = algorithm;
        }
        Ok(self)
    }
}

/// One credential of an offer.
#[derive(Debug, Clone)]
pub struct OfferedCredential {
    /// What a person calls it.
    pub name: Text,
    /// The catalogue's id of the type, if it knows it.
    pub catalog_type: Option<String>,
    /// Its format.
    pub format: Format,
    /// What it will say about whoever accepts it, as far as the catalogue knows the type.
    pub claims: Vec<ClaimName>,
    /// The issuer's own words for it, where the catalogue has none.
    pub words: Option<IssuerWords>,
    pub(crate) configuration_id: String,
    pub(crate) type_names: Vec<String>,
    pub(crate) key: HolderKey,
}

/// What is needed before the offer can be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextStep {
    /// A code that the issuer gave on another way (§3.5).
    NeedsTxCode(TxCode),
    /// Nothing: the person's yes.
    Ready,
}

/// Why an offer is not one that can be accepted. No code was sent.
#[derive(Debug, thiserror::Error)]
pub enum OfferError {
    /// The offer, or the issuer's metadata, does not hold.
    #[error("{what} does not hold: {error}")]
    Message {
        /// What.
        what: IssuerDocument,
        /// Why.
        #[source]
        error: MessageError,
    },
    /// The issuer is not in the trust list, or not for this type.
    #[error("whoever offers this is not trusted for it")]
    Trust(Reason),
    /// The metadata speaks of somebody else.
    #[error("the issuer's metadata speaks of somebody else: {0}")]
    MetadataMismatch(&'static str),
    /// A way of issuing, or a format, that this wallet does not speak.
    #[error("this wallet cannot accept it: {0}")]
    Unsupported(&'static str),
    /// It could not be had.
    #[error("{what} could not be had")]
    Fetch {
        /// What.
        what: IssuerDocument,
        /// Why.
        #[source]
        failure: HttpFailure,
    },
    /// The issuer answered with an error.
    #[error("{what} is not there: the issuer answered {status}")]
    NotThere {
        /// What.
        what: IssuerDocument,
        /// The HTTP status code.
        status: u16,
    },
    /// The wallet's own file.
    #[error(transparent)]
    Store(#[from] StoreFailure),
}

/// What an issuer publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssuerDocument {
    /// The Credential Offer.
    Offer,
    /// Credential Issuer Metadata.
    IssuerMetadata,
    /// Authorization Server Metadata.
    AuthorizationServerMetadata,
}

impl std::fmt::Display for IssuerDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            IssuerDocument::Offer => "the offer",
            IssuerDocument::IssuerMetadata => "the issuer's metadata",
            IssuerDocument::AuthorizationServerMetadata => {
                "the metadata of the issuer's authorization server"
            }
        })
    }
}

impl OfferError {
    /// The verdict, where it is one.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            OfferError::Message { error, .. } => Some(error.reason()),
            OfferError::Trust(reason) => Some(*reason),
            OfferError::MetadataMismatch(_) => Some(Reason::IssuerMetadataMismatch),
            OfferError::Unsupported(_) => Some(Reason::Unsupported),
            OfferError::Fetch { failure, .. } => failure.reason(),
            // An offer that is used, over or unknown is not told apart by its issuer.
            OfferError::NotThere { what: IssuerDocument::Offer, status: 400..=499 } => Some(Reason::Expired),
            OfferError::NotThere { .. } => None,
            OfferError::Store(failure) => failure.reason(),
        }
    }
}

impl OfferReview {
    /// Who offers, by what right.
    pub fn issuer(&self) -> &IssuerOnRecord {
        &self.issuer
    }

    /// The host that is spoken to, in ASCII.
    pub fn host(&self) -> String {
        self.identity.host()
    }

    /// What is offered.
    pub fn offered(&self) -> &[OfferedCredential] {
        &self.offered
    }

    /// What is needed before it can be accepted.
    pub fn next_step(&self) -> &NextStep {
        &self.next
    }
}

impl OfferedCredential {
    /// Whether the format can only ever be shown whole.
    pub fn is_shown_whole(&self) -> bool {
        !self.format.is_selective()
    }
}

impl<H: Http, S: WalletStore> Wallet<'_, H, S> {
    /// Finds out who offers what and by what right. The trust list is asked before anything is fetched, and again for each type; of the
    /// offer nothing but its own address is used. Reading an offer link ([`CredentialOfferUri::parse`]) is pure.
    ///
    /// # Errors
    /// [`OfferError`].
    pub async fn receive_offer(
        &self,
        uri: CredentialOfferUri,
        now: Timestamp,
    ) -> Result<OfferReview, OfferError> {
        let offer = match uri {
            CredentialOfferUri::ByValue(offer) => offer,
            CredentialOfferUri::ByReference(url) => self.fetch_offer(&url, now).await?,
        };
        let identity = IssuerIdentity::of(&offer.credential_issuer).known_to(self.authority);
        self.require_known(&identity, now).await?;
        let entity = self.authority.entity(offer.credential_issuer.as_str(), Role::Issuer);
        let identifiers = entity.iter().flat_map(|entity| entity.identifiers.clone());
        let identity = identity.with_identifiers(identifiers);
        let grant = offer
            .pre_authorized_code()
            .ok_or(OfferError::Unsupported("the offer needs a login at the issuer"))?
            .clone();
        let metadata = self.fetch_metadata(&offer.credential_issuer).await?;
        let named = grant.authorization_server.as_ref();
        let server = authorization_server(&offer.credential_issuer, &metadata, named, entity.as_ref())?;
        let token_endpoint = self.fetch_token_endpoint(&server).await?;
        let of_the_server = IssuerIdentity::of(&server);
        same_origin(&of_the_server, &token_endpoint, "its token endpoint is another party's")?;
        let (offered, issuer) = self.offered(&offer, &metadata, &identity)?;
        let next = grant.tx_code.map_or(NextStep::Ready, NextStep::NeedsTxCode);
        Ok(OfferReview {
            identity,
            issuer,
            offered,
            code: grant.pre_authorized_code,
            next,
            token_endpoint,
            metadata,
        })
    }

    async fn fetch_offer(&self, url: &Url, now: Timestamp) -> Result<CredentialOffer, OfferError> {
        let what = IssuerDocument::Offer;
        self.require_known(&IssuerIdentity::above(url).known_to(self.authority), now).await?;
        let bytes = self.get_issuer_document(what, url).await?;
        CredentialOffer::parse(&bytes).map_err(|error| OfferError::Message { what, error })
    }

    async fn fetch_metadata(
        &self,
        issuer: &IssuerIdentifier,
    ) -> Result<CredentialIssuerMetadata, OfferError> {
        let what = IssuerDocument::IssuerMetadata;
        let bytes =
            self.get_issuer_document(what, &issuer.well_known(CredentialIssuerMetadata::WELL_KNOWN)).await?;
        let metadata =
            CredentialIssuerMetadata::parse(&bytes).map_err(|error| OfferError::Message { what, error })?;
        if metadata.credential_issuer != *issuer {
            return Err(OfferError::MetadataMismatch("it names another issuer"));
        }
        let identity = IssuerIdentity::of(issuer);
        same_origin(&identity, &metadata.credential_endpoint, "its credential endpoint is another party's")?;
        for endpoint in [&metadata.nonce_endpoint, &metadata.notification_endpoint].into_iter().flatten() {
            same_origin(&identity, endpoint, "an endpoint is another party's")?;
        }
        let encrypted = metadata
            .credential_response_encryption
            .as_ref()
            .is_some_and(|rule| rule.encryption_required)
            || metadata.credential_request_encryption.as_ref().is_some_and(|rule| rule.encryption_required);
        if encrypted {
            return Err(OfferError::Unsupported("the issuer wants encrypted messages"));
        }
        Ok(metadata)
    }

    async fn fetch_token_endpoint(&self, server: &IssuerIdentifier) -> Result<EndpointUrl, OfferError> {
        let what = IssuerDocument::AuthorizationServerMetadata;
        let url = server.well_known(AuthorizationServerMetadata::WELL_KNOWN);
        let bytes = self.get_issuer_document(what, &url).await?;
        let metadata = AuthorizationServerMetadata::parse(&bytes)
            .map_err(|error| OfferError::Message { what, error })?;
        if metadata.issuer != *server {
            return Err(OfferError::MetadataMismatch("it names another authorization server"));
        }
        let grants = &metadata.grant_types_supported;
        if !grants.is_empty() && !grants.iter().any(|grant| grant == PRE_AUTHORIZED_CODE) {
            return Err(OfferError::Unsupported("the issuer does not take pre-authorized codes"));
        }
        if !metadata.pre_authorized_grant_anonymous_access_supported {
            return Err(OfferError::Unsupported("the issuer takes registered wallets only"));
        }
        metadata.token_endpoint.ok_or(OfferError::Unsupported("the issuer has no token endpoint"))
    }

    async fn get_issuer_document(&self, what: IssuerDocument, url: &Url) -> Result<Vec<u8>, OfferError> {
        let request =
            HttpRequest { url, accept: JSON, bearer: None, body: RequestBody::Get, max_bytes: MAX_METADATA };
        let answer = self.http.send(request).await.map_err(|failure| OfferError::Fetch { what, failure })?;
        if answer.is_success() {
            Ok(answer.body)
        } else {
            Err(OfferError::NotThere { what, status: answer.status })
        }
    }

    /// Nobody is contacted whom the authority does not know, once it has read what its own anchors say.
    async fn require_known(&self, identity: &IssuerIdentity, now: Timestamp) -> Result<(), OfferError> {
        let documents = self.documents(Freshness::Ask, now);
        remembered_logs::recall(self.store, self.authority)?;
        learn(self.authority, identity.ids().iter().map(String::as_str), now, &documents).await;
        remembered_logs::keep(self.store, self.authority)?;
        let unknown = |id: &String| self.authority.may_issue(id, &[]) == Err(Reason::IssuerNotTrusted);
        if identity.ids().iter().all(unknown) {
            Err(OfferError::Trust(Reason::IssuerNotTrusted))
        } else {
            Ok(())
        }
    }

    fn offered(
        &self,
        offer: &CredentialOffer,
        metadata: &CredentialIssuerMetadata,
        identity: &IssuerIdentity,
    ) -> Result<(Vec<OfferedCredential>, IssuerOnRecord), OfferError> {
        let mut offered = Vec::new();
        let mut issuer = None;
        for id in &offer.credential_configuration_ids {
            let configuration = metadata
                .credential_configurations_supported
                .get(id)
                .ok_or(OfferError::MetadataMismatch("it does not know what is offered"))?;
            let credential = self.offered_credential(id, configuration)?;
            let types: Vec<_> =
                credential.type_names.iter().map(|name| self.names_of(name, credential.format)).collect();
            let types: Vec<_> = types.iter().map(Vec::as_slice).collect();
            let authorized = identity.may_issue_all(self.authority, &types).map_err(OfferError::Trust)?;
            issuer.get_or_insert_with(|| IssuerOnRecord::from(&authorized));
            offered.push(credential);
        }
        let issuer = issuer.ok_or(OfferError::Unsupported("nothing is offered"))?;
        Ok((offered, issuer))
    }

    /// Every name that a type goes by in a trust list.
    fn names_of<'n>(&'n self, name: &'n str, format: Format) -> Vec<&'n str> {
        let known = match format {
            Format::DcSdJwt => self.catalog.by_vct(name),
            _ => self.catalog.by_vc_types([name]),
        };
        std::iter::once(name).chain(known.into_iter().flat_map(CredentialType::names)).collect()
    }

    fn offered_credential(
        &self,
        id: &str,
        configuration: &CredentialConfiguration,
    ) -> Result<OfferedCredential, OfferError> {
        let format = Format::from_name(&configuration.format)
            .ok_or(OfferError::Unsupported("a format that this wallet does not hold"))?;
        let type_names = match format {
            Format::DcSdJwt => configuration.vct.iter().cloned().collect(),
            _ => specific_types(configuration),
        };
        if type_names.is_empty() {
            return Err(OfferError::MetadataMismatch("a credential without a type"));
        }
        let definition = match format {
            Format::DcSdJwt => type_names.first().and_then(|vct| self.catalog.by_vct(vct)),
            _ => self.catalog.by_vc_types(type_names.iter().map(String::as_str)),
        };
        let key = holder_key::choose(format, configuration).ok_or(OfferError::Unsupported(OTHER_KEY))?;
        let words = configuration
            .credential_metadata
            .as_ref()
            .filter(|_| definition.is_none())
            .and_then(IssuerWords::read);
        let known = match (definition, &words) {
            (Some(definition), _) => Words::Catalogue(definition),
            (None, Some(words)) => Words::Issuer(words),
            (None, None) => Words::None,
        };
        Ok(OfferedCredential {
            name: type_name(known, &type_names),
            words,
            catalog_type: definition.map(|definition| definition.id.clone()),
            claims: definition.map(claim_names).unwrap_or_default(),
            configuration_id: id.to_owned(),
            format,
            type_names,
            key,
        })
    }
}

/// Which authorization server: the issuer itself, one it lists that is of its own origin, or one it lists that the metadata of its trust chain
/// names as well (W-13): what stands at an address alone sends no code to another party.
fn authorization_server(
    issuer: &IssuerIdentifier,
    metadata: &CredentialIssuerMetadata,
    named: Option<&IssuerIdentifier>,
    entity: Option<&KnownEntity>,
) -> Result<IssuerIdentifier, OfferError> {
    let listed = &metadata.authorization_servers;
    let server = match named {
        Some(named) if listed.contains(named) => named,
        Some(_) => {
            return Err(OfferError::MetadataMismatch(
                "the offer names an authorization server it does not list",
            ));
        }
        None => listed.first().unwrap_or(issuer),
    };
    let of_the_chain = entity.and_then(|entity| entity.metadata.get("authorization_servers"));
    let of_the_chain = of_the_chain.and_then(Value::as_array).into_iter().flatten();
    let vouched = of_the_chain.filter_map(Value::as_str).any(|vouched| vouched == server.as_str());
    if vouched || IssuerIdentity::of(server).origin() == IssuerIdentity::of(issuer).origin() {
        Ok(server.clone())
    } else {
        Err(OfferError::MetadataMismatch("its authorization server is another party's"))
    }
}

fn same_origin(
    identity: &IssuerIdentity,
    endpoint: &EndpointUrl,
    otherwise: &'static str,
) -> Result<(), OfferError> {
    if endpoint.url().origin() == identity.origin() {
        Ok(())
    } else {
        Err(OfferError::MetadataMismatch(otherwise))
    }
}

fn specific_types(configuration: &CredentialConfiguration) -> Vec<String> {
    let types = configuration.credential_definition.iter().flat_map(|definition| &definition.types);
    types.filter(|name| *name != "VerifiableCredential").cloned().collect()
}

fn claim_names(definition: &CredentialType) -> Vec<ClaimName> {
    let name = |claim: &portage_catalog::ClaimDefinition| ClaimName {
        path: vec![claim.name.clone()],
        label: claim.label.clone(),
        kind: Some(claim.kind),
        personal: claim.personal,
    };
    definition.claims.iter().map(name).collect()
}
