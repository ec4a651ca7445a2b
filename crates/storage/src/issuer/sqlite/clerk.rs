//! What clerks do, each act with its line in the trail.

use jiff::Timestamp;
use portage_issuer::{
    Act, ChangeBy, Changed, ClerkStore, Decided, Inserted, Offer, Proposal, Proposed, Reference, Stage,
    Standing, StatusChange, StoreFailure, TrailEntry, Verdict, Why,
};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::{
    SqliteIssuances, lists, offers,
    rows::{format, instant, millis, status, unreadable},
};

impl ClerkStore for SqliteIssuances {
    async fn insert_offers_by(
        &self,
        offers: Vec<Offer>,
        who: String,
        now: Timestamp,
    ) -> Result<Vec<Inserted>, StoreFailure> {
        let insert = move |transaction: &Transaction<'_>| {
            let insert = |offer: &Offer| {
                let inserted = offers::insert(transaction, offer, now)?;
                if matches!(inserted, Inserted::New | Inserted::Renewed) {
                    note(transaction, now, &who, Act::Offered, Some(&offer.reference), None)?;
                }
                Ok(inserted)
            };
            offers.iter().map(insert).collect()
        };
        Ok(self.0.write(insert).await?)
    }

    async fn standing(
        &self,
        references: Vec<Reference>,
        now: Timestamp,
    ) -> Result<Vec<Standing>, StoreFailure> {
        let read = move |transaction: &Transaction<'_>| {
            let found = references.iter().map(|reference| standing(transaction, reference, now));
            Ok(found.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().flatten().collect())
        };
        Ok(self.0.read(read).await?)
    }

    async fn change_by(&self, change: ChangeBy, now: Timestamp) -> Result<Changed, StoreFailure> {
        Ok(self.0.write(move |transaction| change_by(transaction, &change, Act::Changed, now)).await?)
    }

    async fn propose(&self, change: ChangeBy, now: Timestamp) -> Result<Proposed, StoreFailure> {
        Ok(self.0.write(move |transaction| propose(transaction, &change, now)).await?)
    }

    async fn proposals(&self) -> Result<Vec<Proposal>, StoreFailure> {
        let read = |transaction: &Transaction<'_>| {
            let mut select = transaction.prepare(&format!("{PROPOSALS} ORDER BY id"))?;
            select.query_map([], proposal)?.collect()
        };
        Ok(self.0.read(read).await?)
    }

    async fn decide(
        &self,
        id: i64,
        verdict: Verdict,
        who: String,
        now: Timestamp,
    ) -> Result<Decided, StoreFailure> {
        Ok(self.0.write(move |transaction| decide(transaction, id, verdict, &who, now)).await?)
    }

    async fn trail(
        &self,
        reference: Option<Reference>,
        before: Option<i64>,
        most: u32,
    ) -> Result<Vec<TrailEntry>, StoreFailure> {
        let read = move |transaction: &Transaction<'_>| {
            let mut select = transaction.prepare(
                "SELECT * FROM trail WHERE (?1 IS NULL OR reference = ?1) AND (?2 IS NULL OR number < ?2)
                 ORDER BY number DESC LIMIT ?3",
            )?;
            let reference = reference.as_ref().map(Reference::as_str);
            select.query_map(params![reference, before, most], trail_entry)?.collect()
        };
        Ok(self.0.read(read).await?)
    }

    async fn note_export(&self, who: String, now: Timestamp) -> Result<(), StoreFailure> {
        Ok(self.0.write(move |transaction| note(transaction, now, &who, Act::Exported, None, None)).await?)
    }
}

fn note(
    transaction: &Transaction<'_>,
    now: Timestamp,
    who: &str,
    act: Act,
    reference: Option<&Reference>,
    change: Option<(StatusChange, Option<Why>)>,
) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO trail (at, who, act, reference, change, why) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let (reference, why) = (reference.map(Reference::as_str), change.and_then(|(_, why)| why));
    let change = change.map(|(change, _)| change.name());
    insert.execute(params![millis(now), who, act.name(), reference, change, why.map(Why::name)])?;
    Ok(())
}

fn change_by(
    transaction: &Transaction<'_>,
    by: &ChangeBy,
    act: Act,
    now: Timestamp,
) -> rusqlite::Result<Changed> {
    let changed = lists::change_status(transaction, &by.reference, by.change, now)?;
    if act == Act::Agreed || matches!(changed, Changed::Done(_) | Changed::Withdrawn) {
        note(transaction, now, &by.who, act, Some(&by.reference), Some((by.change, by.why)))?;
    }
    Ok(changed)
}

fn propose(transaction: &Transaction<'_>, by: &ChangeBy, now: Timestamp) -> rusqlite::Result<Proposed> {
    let is_there = transaction
        .query_row("SELECT 1 FROM issuance WHERE reference = ?1", [by.reference.as_str()], |_| Ok(()))
        .optional()?;
    if is_there.is_none() {
        return Ok(Proposed::Absent);
    }
    let written = transaction.execute(
        "INSERT INTO proposal (reference, change, why, who, at) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
        params![by.reference.as_str(), by.change.name(), by.why.map(Why::name), by.who, millis(now)],
    )?;
    if written == 0 {
        return Ok(Proposed::WaitsAlready);
    }
    note(transaction, now, &by.who, Act::Proposed, Some(&by.reference), Some((by.change, by.why)))?;
    Ok(Proposed::Waits)
}

fn decide(
    transaction: &Transaction<'_>,
    id: i64,
    verdict: Verdict,
    who: &str,
    now: Timestamp,
) -> rusqlite::Result<Decided> {
    let select = format!("{PROPOSALS} AND id = ?1");
    let Some(waits) = transaction.query_row(&select, [id], proposal).optional()? else {
        return Ok(Decided::Absent);
    };
    let outcome = match verdict {
        Verdict::Agree => "agreed",
        Verdict::Decline => "declined",
    };
    // One winner, and never whoever proposed it: the statement says both.
    let decided = transaction.execute(
        "UPDATE proposal SET outcome = ?2 WHERE id = ?1 AND outcome IS NULL AND who <> ?3",
        params![id, outcome, who],
    )?;
    if decided == 0 {
        return Ok(Decided::OwnProposal);
    }
    let by = ChangeBy { who: who.to_owned(), ..waits.change };
    match verdict {
        Verdict::Agree => change_by(transaction, &by, Act::Agreed, now).map(Decided::Agreed),
        Verdict::Decline => {
            note(transaction, now, who, Act::Declined, Some(&by.reference), Some((by.change, by.why)))?;
            Ok(Decided::Declined)
        }
    }
}

/// Proposals that wait, with the type of their record.
const PROPOSALS: &str = "SELECT proposal.*, (SELECT credential_type FROM issuance WHERE issuance.reference = proposal.reference) \
    AS credential_type FROM proposal WHERE outcome IS NULL";

fn proposal(row: &Row<'_>) -> rusqlite::Result<Proposal> {
    Ok(Proposal {
        id: row.get("id")?,
        change: ChangeBy {
            reference: Reference::new(row.get::<_, String>("reference")?),
            change: change(row)?.ok_or_else(unreadable)?,
            why: why(row)?,
            who: row.get("who")?,
        },
        credential_type: row.get::<_, Option<String>>("credential_type")?.unwrap_or_default(),
        at: instant(row, "at")?,
    })
}

fn trail_entry(row: &Row<'_>) -> rusqlite::Result<TrailEntry> {
    let act: String = row.get("act")?;
    Ok(TrailEntry {
        number: row.get("number")?,
        at: instant(row, "at")?,
        who: row.get("who")?,
        act: Act::from_name(&act).ok_or_else(unreadable)?,
        reference: row.get::<_, Option<String>>("reference")?.map(Reference::new),
        change: change(row)?,
        why: why(row)?,
    })
}

fn change(row: &Row<'_>) -> rusqlite::Result<Option<StatusChange>> {
    let name: Option<String> = row.get("change")?;
    name.map(|name| StatusChange::from_name(&name).ok_or_else(unreadable)).transpose()
}

fn why(row: &Row<'_>) -> rusqlite::Result<Option<Why>> {
    let name: Option<String> = row.get("why")?;
    name.map(|name| Why::from_name(&name).ok_or_else(unreadable)).transpose()
}

fn standing(
    transaction: &Transaction<'_>,
    reference: &Reference,
    now: Timestamp,
) -> rusqlite::Result<Option<Standing>> {
    let found = transaction
        .query_row(
            "SELECT credential_type, format, state, status, open_until FROM issuance WHERE reference = ?1",
            [reference.as_str()],
            |row| {
                let state: String = row.get("state")?;
                let withdrawn = row.get::<_, Option<String>>("status")?.is_some();
                let open_until = instant(row, "open_until")?;
                let stage = match state.as_str() {
                    "issued" => Stage::Issued(status(row)?),
                    _ if withdrawn => Stage::Withdrawn,
                    "offered" if open_until > now => Stage::Offered(open_until),
                    _ => Stage::Over,
                };
                Ok(Standing {
                    reference: reference.clone(),
                    credential_type: row.get("credential_type")?,
                    format: format(row)?,
                    stage,
                    proposal: None,
                })
            },
        )
        .optional()?;
    let Some(found) = found else { return Ok(None) };
    let select = format!("{PROPOSALS} AND reference = ?1");
    let proposal = transaction.query_row(&select, [reference.as_str()], proposal).optional()?;
    Ok(Some(Standing { proposal, ..found }))
}

#[cfg(test)]
mod tests {
    use portage_issuer::IssuanceStore;

    use super::*;
    use crate::{Database, issuer::conformance};

    fn by(who: &str, change: StatusChange) -> ChangeBy {
        ChangeBy { reference: Reference::new("a"), change, why: Some(Why::Lost), who: who.to_owned() }
    }

    async fn store_with_one_delivered(now: Timestamp) -> SqliteIssuances {
        let store = SqliteIssuances(Database::in_memory(super::super::SCHEMA).unwrap());
        conformance::deliver_for_tests(&store, "a").await;
        assert!(matches!(
            store.standing(vec![Reference::new("a"), Reference::new("none")], now).await.unwrap().as_slice(),
            [Standing { stage: Stage::Issued(_), proposal: None, .. }]
        ));
        store
    }

    #[tokio::test]
    async fn a_second_person_decides_once_and_never_ones_own_proposal() {
        let now = conformance::NOW;
        let store = store_with_one_delivered(now).await;
        assert_eq!(store.propose(by("ada", StatusChange::Revoke), now).await.unwrap(), Proposed::Waits);
        assert_eq!(
            store.propose(by("bo", StatusChange::Suspend), now).await.unwrap(),
            Proposed::WaitsAlready
        );
        let id = store.proposals().await.unwrap()[0].id;
        let decide = async |verdict, who: &str| store.decide(id, verdict, who.to_owned(), now).await.unwrap();
        assert_eq!(decide(Verdict::Agree, "ada").await, Decided::OwnProposal);
        assert_eq!(decide(Verdict::Decline, "ada").await, Decided::OwnProposal);
        assert!(matches!(decide(Verdict::Agree, "eve").await, Decided::Agreed(Changed::Done(_))));
        assert_eq!(decide(Verdict::Agree, "eve").await, Decided::Absent);
        let acts: Vec<_> = store.trail(None, None, 10).await.unwrap();
        let told: Vec<_> = acts.iter().map(|entry| (entry.who.as_str(), entry.act)).collect();
        assert_eq!(told, [("eve", Act::Agreed), ("ada", Act::Proposed)]);
        assert_eq!(acts[0].why, Some(Why::Lost));
    }

    #[tokio::test]
    async fn the_trail_is_added_to_and_nothing_else() {
        let now = conformance::NOW;
        let store = store_with_one_delivered(now).await;
        store.change_by(by("ada", StatusChange::Suspend), now).await.unwrap();
        // What changes nothing is no line.
        store.change_by(by("ada", StatusChange::Suspend), now).await.unwrap();
        store.change_by(by("ada", StatusChange::Reinstate), now).await.unwrap();
        let numbers = |entries: &[TrailEntry]| entries.iter().map(|entry| entry.number).collect::<Vec<_>>();
        assert_eq!(numbers(&store.trail(None, None, 10).await.unwrap()), [2, 1]);
        assert_eq!(numbers(&store.trail(None, Some(2), 10).await.unwrap()), [1]);
        assert!(store.trail(Some(Reference::new("b")), None, 10).await.unwrap().is_empty());
        for statement in ["UPDATE trail SET who = 'eve'", "DELETE FROM trail"] {
            let changed = store.0.write(move |transaction| transaction.execute(statement, [])).await;
            assert!(changed.is_err(), "{statement}");
        }
        assert_eq!(store.trail(None, None, 10).await.unwrap().len(), 2);
        store.forget(now.checked_add(jiff::SignedDuration::from_hours(10_000)).unwrap()).await.unwrap();
        assert_eq!(store.trail(None, None, 10).await.unwrap().len(), 2, "retention leaves it");
    }
}
