use std::{collections::BTreeSet, fmt};

use jiff::SignedDuration;
use portage_did::{Did, webvh::LogAddress};
use portage_reason::Reason;
use portage_trust::{Inquiry, Wanted};
use url::Url;

use crate::{
    Decision, Expectations, FetchedList, HolderExpectation, InputFormat, Outcome, StatusEvidence,
    StatusPolicy, Unavailable, VerifiedCredential,
    check::{CheckedCredential, PreparedCredential},
    holder::PresentationHolder,
    input::{Input, UnverifiedCredential, UnverifiedPresentation},
    presentation::Session,
    query::check_query,
    refusal::Refusal,
    status::check_entry,
};

/// Where the pipeline stands.
#[derive(Debug)]
pub enum Step {
    /// Statements about an issuer that the authority does not know yet have to be had from outside.
    NeedTrust(PendingTrust),
    /// Keys have to be had from outside.
    NeedKeys(PendingKeys),
    /// Status lists have to be had from outside.
    NeedStatus(PendingStatus),
    /// The verdict.
    Done(Outcome),
}

/// A document that holds keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyWanted {
    /// A DID document, and where it stands.
    DidDocument(Did, Url),
    /// The log of a did:webvh, and where it stands, with the proofs of its witnesses where it names any.
    DidLog(Did, LogAddress),
    /// The controlled identifier document of an https issuer of W3C credentials, which stands at its `id`.
    ControllerDocument(Url),
    /// `/.well-known/jwt-vc-issuer` of an https issuer of SD-JWT VCs.
    JwtVcIssuer(Url),
}

/// What was had for a [`KeyWanted`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyAnswer {
    /// A DID document, or metadata. In the place of a log: a document that somebody present vouches for (`verifier check --did-document`);
    /// what was fetched is never taken for one.
    Document(Vec<u8>),
    /// A log.
    Log(DidLog),
}

/// The files of a did:webvh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DidLog {
    /// `did.jsonl`.
    pub log: Vec<u8>,
    /// `did-witness.json`, where it was had.
    pub witness: Option<Vec<u8>>,
}

/// A status list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListWanted {
    /// Where it stands.
    pub url: Url,
}

/// Waiting for what the authority wants to read about issuers it does not know yet.
pub struct PendingTrust {
    input: InputSummary,
    holder: Option<PresentationHolder>,
    credentials: Vec<Result<UnverifiedCredential, Refusal>>,
    inquiries: Vec<Box<dyn Inquiry>>,
    wanted: Vec<Wanted>,
}

/// Waiting for keys.
pub struct PendingKeys {
    input: InputSummary,
    holder: Option<PresentationHolder>,
    credentials: Vec<PreparedCredential>,
    wanted: Vec<KeyWanted>,
}

/// Waiting for status lists.
pub struct PendingStatus {
    input: InputSummary,
    credentials: Vec<CheckedCredential>,
    wanted: Vec<ListWanted>,
    max_age: SignedDuration,
}

/// What can be said about an input whatever the verdict: proved only when accepted.
#[derive(Debug, Clone, Default)]
struct InputSummary {
    format: Option<InputFormat>,
    issuer: Option<String>,
    types: Vec<String>,
}

/// Whether somebody presents this input: a presentation, or an SD-JWT with key binding. Such an input needs
/// [`HolderExpectation::Presented`]; what cannot be read is none.
pub fn is_presentation(input: &[u8]) -> bool {
    Input::read(input).is_ok_and(|input| input.is_presentation())
}

/// Begins. `input` is one credential or presentation: compact text, or JSON.
pub fn begin(input: &[u8], expectations: &Expectations<'_>) -> Step {
    let input = match Input::read(input) {
        Ok(input) => input,
        Err(unreadable) => {
            let summary = InputSummary { format: unreadable.format, ..InputSummary::default() };
            return summary.refused(unreadable.reason.into());
        }
    };
    let mut summary = InputSummary { format: Some(input.format()), ..InputSummary::default() };
    if let Input::Credential(credential) = &input {
        summary.names(credential);
    }
    if expectations.format.is_some_and(|announced| !admits(announced, input.format())) {
        return summary.refused(Reason::TypeMismatch.into());
    }
    match (input, expectations.holder) {
        (Input::Credential(credential), asked) => {
            if let Some(reason) = unfit(&credential, asked) {
                return summary.refused(reason.into());
            }
            prepare(summary, None, vec![Ok(credential)], expectations)
        }
        (Input::Presentation(presentation), HolderExpectation::Presented { audience, nonce }) => {
            open(summary, presentation, Session { audience, nonce }, expectations)
        }
        (Input::Presentation(_), _) => summary.refused(Reason::TypeMismatch.into()),
    }
}

/// Whether an input of `format` is what the protocol announced. A protocol that names a W3C credential format means, when a holder
/// shows it, the presentation of that format.
fn admits(announced: InputFormat, format: InputFormat) -> bool {
    announced == format
        || matches!(
            (announced, format),
            (InputFormat::VcJwt, InputFormat::VpJwt)
                | (InputFormat::JwtVcJson, InputFormat::JwtVpJson)
                | (InputFormat::LdpVc, InputFormat::LdpVp)
        )
}

/// What a credential must not bring along: a key binding that nobody asked for, or that cannot be there yet.
fn unfit(credential: &UnverifiedCredential, asked: HolderExpectation<'_>) -> Option<Reason> {
    match asked {
        HolderExpectation::NotAsked => credential.has_key_binding().then_some(Reason::TypeMismatch),
        HolderExpectation::IssuedTo(_) => credential.has_key_binding().then_some(Reason::CredentialMismatch),
        HolderExpectation::Presented { .. } => None,
    }
}

/// Verifies the presentation, then goes on with the credentials inside.
fn open(
    mut summary: InputSummary,
    presentation: UnverifiedPresentation,
    session: Session<'_>,
    expectations: &Expectations<'_>,
) -> Step {
    let presentation = match presentation.verify(session, expectations) {
        Ok(presentation) => presentation,
        Err(refusal) => return summary.refused(refusal),
    };
    // One that names credentials has some (VCDM 2.0 §4.13).
    if presentation.names_credentials && presentation.credentials.is_empty() {
        return summary.refused(Reason::QueryNotSatisfied.into());
    }
    let credentials: Vec<_> =
        presentation.credentials.into_iter().map(UnverifiedCredential::of_presented).collect();
    if let Some(Ok(first)) = credentials.first() {
        summary.names(first);
    }
    let inner = |credential: &UnverifiedCredential| match (summary.format, expectations.format) {
        (_, Some(InputFormat::VcJwt)) => credential.format == InputFormat::VcJwt,
        (_, Some(InputFormat::JwtVcJson)) => credential.format == InputFormat::JwtVcJson,
        (_, Some(InputFormat::LdpVc)) => credential.format == InputFormat::LdpVc,
        // A presentation of version 1.1 holds no JWT of version 2.0, and the other way round.
        (Some(InputFormat::JwtVpJson), _) => {
            matches!(credential.format, InputFormat::JwtVcJson | InputFormat::LdpVc)
        }
        (Some(InputFormat::VpJwt), _) => credential.format != InputFormat::JwtVcJson,
        _ => true,
    };
    let credentials = credentials.into_iter().map(|credential| match credential {
        Ok(credential) if inner(&credential) => Ok(credential),
        Ok(_) => Err(Reason::TypeMismatch.into()),
        Err(unreadable) => Err(unreadable.reason.into()),
    });
    let credentials = credentials.collect();
    prepare(summary, Some(presentation.holder), credentials, expectations)
}

/// Finds out what the authority has to learn first. Only issuers that it does not know are inquired about, each once.
fn prepare(
    summary: InputSummary,
    holder: Option<PresentationHolder>,
    credentials: Vec<Result<UnverifiedCredential, Refusal>>,
    expectations: &Expectations<'_>,
) -> Step {
    // A presentation around anything but the one credential that was asked for brings too little, or something nobody asked for. Where
    // nothing was asked it may hold none at all (VCDM 2.0 §4.13): its proof is all there is to check.
    if expectations.query.is_some() && credentials.len() != 1 {
        return summary.refused(Reason::QueryNotSatisfied.into());
    }
    let issuers: BTreeSet<&str> =
        credentials.iter().flatten().filter_map(UnverifiedCredential::unverified_issuer).collect();
    let inquiries = issuers
        .into_iter()
        .filter_map(|issuer| expectations.authority.inquire(issuer, expectations.now))
        .collect();
    PendingTrust { input: summary, holder, credentials, inquiries, wanted: Vec::new() }.go_on(expectations)
}

impl PendingTrust {
    /// What is wanted now.
    pub fn wanted(&self) -> &[Wanted] {
        &self.wanted
    }

    /// Goes on with one answer for each of [`PendingTrust::wanted`], in order; one that is missing counts as unreachable.
    pub fn supply(
        mut self,
        answers: Vec<Result<Vec<u8>, Unavailable>>,
        expectations: &Expectations<'_>,
    ) -> Step {
        let mut answers = answers.into_iter();
        for inquiry in &mut self.inquiries {
            let its_own = inquiry.wanted().iter().map(|_| answers.next().and_then(Result::ok)).collect();
            inquiry.supply(its_own);
        }
        self.go_on(expectations)
    }

    fn go_on(mut self, expectations: &Expectations<'_>) -> Step {
        self.wanted = self.inquiries.iter().flat_map(|inquiry| inquiry.wanted()).collect();
        if self.wanted.is_empty() {
            plan_keys(self.input, self.holder, self.credentials, expectations)
        } else {
            Step::NeedTrust(self)
        }
    }
}

/// Finds out where each issuer's keys come from.
fn plan_keys(
    summary: InputSummary,
    holder: Option<PresentationHolder>,
    credentials: Vec<Result<UnverifiedCredential, Refusal>>,
    expectations: &Expectations<'_>,
) -> Step {
    let prepared =
        credentials.into_iter().map(|credential| PreparedCredential::of(credential?, expectations)).collect();
    let credentials = match all(prepared) {
        Ok(credentials) => credentials,
        Err(refusals) => return summary.verdict(refusals),
    };
    let mut wanted: Vec<KeyWanted> = Vec::new();
    for key in credentials.iter().filter_map(PreparedCredential::wanted) {
        if !wanted.contains(key) {
            wanted.push(key.clone());
        }
    }
    let pending = PendingKeys { input: summary, holder, credentials, wanted };
    if pending.wanted.is_empty() { pending.go_on(&[], expectations) } else { Step::NeedKeys(pending) }
}

impl PendingKeys {
    /// What is wanted.
    pub fn wanted(&self) -> &[KeyWanted] {
        &self.wanted
    }

    /// Goes on with one answer for each of [`PendingKeys::wanted`], in order; one that is missing counts as unreachable.
    pub fn supply(
        self,
        answers: Vec<Result<KeyAnswer, Unavailable>>,
        expectations: &Expectations<'_>,
    ) -> Step {
        self.go_on(&answers, expectations)
    }

    fn go_on(self, answers: &[Result<KeyAnswer, Unavailable>], expectations: &Expectations<'_>) -> Step {
        let checked = self
            .credentials
            .into_iter()
            .map(|credential| {
                let keys = credential.keys(&self.wanted, answers, expectations.now)?;
                let checked = credential.check(keys, self.holder.as_ref(), expectations)?;
                if let Some(query) = expectations.query {
                    check_query(query, &checked.signed)?;
                }
                Ok(checked)
            })
            .collect();
        match all(checked) {
            Ok(credentials) => self.input.ask_status(credentials, expectations),
            Err(refusals) => self.input.verdict(refusals),
        }
    }
}

impl PendingStatus {
    /// What is wanted.
    pub fn wanted(&self) -> &[ListWanted] {
        &self.wanted
    }

    /// How old a list may be.
    pub fn max_age(&self) -> SignedDuration {
        self.max_age
    }

    /// Goes on with one answer for each of [`PendingStatus::wanted`], in order; one that is missing counts as unreachable.
    pub fn supply(
        self,
        answers: Vec<Result<FetchedList, Unavailable>>,
        expectations: &Expectations<'_>,
    ) -> Step {
        let missing = Err(Unavailable::Unreachable);
        let answer = |url: &Url| {
            let place = self.wanted.iter().position(|wanted| wanted.url == *url);
            place.and_then(|place| answers.get(place)).unwrap_or(&missing)
        };
        let verified = self
            .credentials
            .into_iter()
            .map(|credential| {
                let mut age = SignedDuration::ZERO;
                let mut notes = Vec::new();
                for entry in &credential.entries {
                    let list = answer(&entry.url);
                    notes.extend(check_entry(entry, &credential.keys, list, self.max_age, expectations)?);
                    age = age.max(list.as_ref().map_or(SignedDuration::ZERO, |list| list.age));
                }
                let evidence = if credential.entries.is_empty() {
                    StatusEvidence::None
                } else {
                    StatusEvidence::Valid { age_seconds: age.as_secs() }
                };
                Ok(credential.with_status(evidence, notes))
            })
            .collect();
        match all(verified) {
            Ok(credentials) => self.input.accepted(credentials),
            Err(refusals) => self.input.verdict(refusals),
        }
    }
}

impl InputSummary {
    fn names(&mut self, credential: &UnverifiedCredential) {
        self.issuer = credential.unverified_issuer().map(str::to_owned);
        self.types = credential.unverified_types();
    }

    /// Status comes last: everything else about every credential has held.
    fn ask_status(self, credentials: Vec<CheckedCredential>, expectations: &Expectations<'_>) -> Step {
        let StatusPolicy::Required { max_age } = expectations.status else {
            let verified = credentials.into_iter().map(|credential| {
                let names_status = !credential.entries.is_empty();
                let evidence = if names_status { StatusEvidence::NotChecked } else { StatusEvidence::None };
                credential.with_status(evidence, Vec::new())
            });
            return self.accepted(verified.collect());
        };
        let mut wanted: Vec<ListWanted> = Vec::new();
        for entry in credentials.iter().flat_map(|credential| &credential.entries) {
            if !wanted.iter().any(|list| list.url == entry.url) {
                wanted.push(ListWanted { url: entry.url.clone() });
            }
        }
        let pending = PendingStatus { input: self, credentials, wanted, max_age };
        if pending.wanted.is_empty() {
            pending.supply(Vec::new(), expectations)
        } else {
            Step::NeedStatus(pending)
        }
    }

    fn refused(self, refusal: Refusal) -> Step {
        self.verdict(vec![refusal])
    }

    /// One definite refusal among them refuses the whole; without one it stays open.
    fn verdict(self, refusals: Vec<Refusal>) -> Step {
        let reasons = refusals.iter().map(|refusal| refusal.reason()).collect();
        let decision = if refusals.iter().any(|refusal| refusal.is_rejected()) {
            Decision::Rejected(reasons)
        } else {
            Decision::Indeterminate(reasons)
        };
        self.done(decision)
    }

    fn accepted(self, credentials: Vec<VerifiedCredential>) -> Step {
        self.done(Decision::Accepted(credentials))
    }

    fn done(self, decision: Decision) -> Step {
        Step::Done(Outcome { format: self.format, issuer: self.issuer, types: self.types, decision })
    }
}

/// All of them, or every refusal.
fn all<T>(results: Vec<Result<T, Refusal>>) -> Result<Vec<T>, Vec<Refusal>> {
    let mut refusals = Vec::new();
    let mut values = Vec::with_capacity(results.len());
    for result in results {
        match result {
            Ok(value) => values.push(value),
            Err(refusal) => refusals.push(refusal),
        }
    }
    if refusals.is_empty() { Ok(values) } else { Err(refusals) }
}

impl fmt::Debug for PendingTrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingTrust").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}

impl fmt::Debug for PendingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingKeys").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}

impl fmt::Debug for PendingStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingStatus").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}
