//! What the wallet found, as a record that `portage_explain` tells in sentences. No claim value enters a record.

use jiff::Timestamp;
use portage_catalog::{Catalog, Text};
use portage_explain::{Explanation, Listener};
use portage_trust::{ChainEvidence, MayAsk};
use portage_verification::Decision;
use serde_json::{Map, Value, json};

use crate::{
    Asker, Beyond, ClaimName, Missing, OfferReview, PlannedAnswer, PurposeSource, Review, ShownPurpose,
    StoredCredential, Wallet, Words,
    documents::Freshness,
    ports::{Http, StoreFailure, WalletStore},
    remembered_logs,
    review::OLDEST_LIST,
};

impl<H: Http, S: WalletStore> Wallet<'_, H, S> {
    /// Explains a credential: who issued it, by what right, and what the wallet's own check says now. Documents that are kept do where
    /// nobody answers; the explanation tells how old they are. Where the check does not hold, what was found on arrival is told instead.
    /// Asks for what the check needs (a list, statements of authorities), and writes nothing but what it saw of authorities' logs.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub async fn explain_credential(
        &self,
        credential: &StoredCredential,
        now: Timestamp,
    ) -> Result<Explanation, StoreFailure> {
        let keys = [credential.holder_key()?];
        let documents = self.documents(Freshness::Keep, now);
        remembered_logs::recall(self.store, self.authority)?;
        let format = credential.format();
        let outcome =
            self.verify_issued(&credential.secured, format, &keys, OLDEST_LIST, &documents, now).await;
        remembered_logs::keep(self.store, self.authority)?;
        let decision = outcome.decision;
        let mut record = json!({ "decision": decision.name(), "reasons": decision.reasons() });
        let mut evidence = match &decision {
            Decision::Accepted(verified) => {
                verified.first().map(|verified| verified.evidence().to_json()).unwrap_or_default()
            }
            Decision::Rejected(_) | Decision::Indeterminate(_) => {
                record["arrived"] = json!(credential.received.to_string());
                on_arrival(credential)
            }
        };
        // Nobody presents it here: the pipeline held it to the key that this wallet has.
        evidence.remove("holder_is_subject");
        evidence.insert("issued_to".to_owned(), json!("this_wallet"));
        evidence.insert("types".to_owned(), json!(credential.types));
        if let Words::Issuer(words) = credential.words(self.catalog) {
            evidence.insert("name".to_owned(), json!(words.name));
        }
        record["evidence"] = Value::Object(evidence);
        Ok(Explanation::of_credential(record, self.catalog, Listener::Person))
    }
}

/// What was found when it arrived, as far as the wallet kept it.
fn on_arrival(credential: &StoredCredential) -> Map<String, Value> {
    let time = |at: Option<Timestamp>| json!(at.map(|at| at.to_string()));
    Map::from_iter([
        ("issuer".to_owned(), json!(credential.issuer)),
        ("valid_from".to_owned(), time(credential.valid_from)),
        ("valid_until".to_owned(), time(credential.valid_until)),
    ])
}

impl Review {
    /// Explains a request that was reviewed and not answered: who asks, by what right, what for, what would answer it, what they would learn and
    /// what not.
    pub fn explained(&self, catalog: &Catalog) -> Explanation {
        let (who, answers, missing) = match self {
            Review::Answerable(plan) => (plan.asker(), plan.answers(), [].as_slice()),
            Review::Unanswerable { asker, missing } => (&**asker, [].as_slice(), missing.as_slice()),
        };
        let record = json!({
            "asker": asker(who),
            "purpose": purpose(who.purpose.as_ref()),
            "answers": answers.iter().map(answer).collect::<Value>(),
            "missing": missing.iter().map(query).collect::<Value>(),
            "beyond": who.beyond_purpose.iter().map(excess).collect::<Value>(),
            "answered": false,
        });
        Explanation::of_request(record, catalog)
    }
}

impl OfferReview {
    /// Explains an offer that was reviewed and not accepted: who offers what, by what right, and what it would say.
    pub fn explained(&self, catalog: &Catalog) -> Explanation {
        let credentials = self.offered().iter().map(|offered| {
            let claims = labels(offered.claims.iter());
            let mut record = json!({ "claims": claims });
            match &offered.catalog_type {
                Some(known) => record["types"] = json!([known]),
                None => record["name"] = json!(offered.name),
            }
            record
        });
        let offer = json!({
            "issuer": self.issuer(),
            "host": self.host(),
            "credentials": credentials.collect::<Value>(),
        });
        Explanation::of_offer(json!({ "offer": offer, "accepted": false }), catalog)
    }
}

fn asker(asker: &Asker) -> Value {
    let (standing, known) = match &asker.standing {
        MayAsk::Registered(known) => ("registered", Some(known)),
        MayAsk::NotRegistered(known) => ("not_registered", Some(known)),
        MayAsk::Unknown => ("unknown", None),
    };
    let mut record = json!({ "client_id": asker.client_id, "host": asker.host, "standing": standing });
    if let Some(known) = known {
        record["id"] = json!(known.id);
        record["name"] = json!(known.name);
    }
    if let Err(reason) = asker.log {
        record["log"] = json!(reason);
    }
    if let Some(chain) = known.and_then(|known| known.chain.as_ref()) {
        record["chain"] = ChainEvidence::to_json(chain);
    }
    record
}

fn purpose(purpose: Option<&ShownPurpose>) -> Value {
    let Some(purpose) = purpose else { return Value::Null };
    let words = &purpose.words;
    let source = match &purpose.source {
        PurposeSource::Registered => "registered",
        PurposeSource::Vouched(_) => "vouched",
        PurposeSource::Told => "told",
    };
    let mut record = json!({
        "text": words.text,
        "law": words.law,
        "alternative": words.alternative,
        "retention_days": words.retention_days,
        "contact": words.contact,
        "source": source,
    });
    if let PurposeSource::Vouched(by) = &purpose.source {
        record["authority"] = json!({ "id": by.id, "name": by.name });
    }
    record
}

fn labels<'c>(claims: impl Iterator<Item = &'c ClaimName>) -> Vec<&'c Text> {
    claims.map(|claim| &claim.label).collect()
}

fn answer(answer: &PlannedAnswer) -> Value {
    json!({
        "credential": answer.credential,
        "name": answer.name,
        "issuer": answer.issuer,
        "learned": labels(answer.learned.iter().map(|claim| &claim.name)),
        "withheld": labels(answer.withheld.iter()),
        "shown_whole": answer.is_shown_whole(),
        "in_issuers_words": answer.in_issuers_words,
        "protected": answer.protected,
        "doubts": answer.doubts,
    })
}

fn query(missing: &Missing) -> Value {
    json!({ "types": [missing.credential_type.as_deref().unwrap_or(&missing.query)] })
}

fn excess(beyond: &Beyond) -> Value {
    let mut record = json!({
        "types": [beyond.credential_type.as_deref().unwrap_or(&beyond.query)],
        "kind": beyond.kind.name(),
    });
    if let Some(claim) = &beyond.claim {
        record["claim"] = json!(claim);
    }
    record
}
