//! "Does this request ask more than that query allows?": see [`asks_more_than`].

use std::collections::BTreeSet;

use crate::{
    CredentialQuery, Query, Step,
    permission::{Budget, Kinds, can_be_answered, kinds_of},
};

/// One thing that a request asks beyond what is allowed. Holds names from the request, never a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Excess {
    /// The id of the Credential Query in the request.
    pub query: String,
    /// The claims path pointer, where it is about one claim.
    pub path: Option<Vec<Step>>,
    /// What is too much.
    pub kind: ExcessKind,
}

/// In which way a request asks more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExcessKind {
    /// No Credential Query of the allowed query takes this `format`.
    Format,
    /// `meta`: a type (`vct`, type, doctype) that the allowed query does not name, or any type at all.
    Type,
    /// The claim at `path` is not allowed, or only a part of it is.
    Claim,
    /// The claim at `path` is allowed with certain `values` only, and more are asked, or any.
    Values,
    /// Each claim is allowed, but not all of them of one credential.
    ClaimsTogether,
    /// `trusted_authorities`: credentials of more issuers than are allowed.
    Issuers,
    /// `require_cryptographic_holder_binding` is false: a credential of nobody in particular would do.
    HolderBinding,
    /// `multiple`: several credentials where one is allowed.
    Multiple,
    /// Each credential is allowed, but not all of them in one answer.
    CredentialsTogether,
    /// Too many combinations to judge. Nothing is allowed that was not understood.
    TooComplex,
}

impl ExcessKind {
    /// Its name in machine output.
    pub const fn name(self) -> &'static str {
        match self {
            ExcessKind::Format => "format",
            ExcessKind::Type => "type",
            ExcessKind::Claim => "claim",
            ExcessKind::Values => "values",
            ExcessKind::ClaimsTogether => "claims_together",
            ExcessKind::Issuers => "issuers",
            ExcessKind::HolderBinding => "holder_binding",
            ExcessKind::Multiple => "multiple",
            ExcessKind::CredentialsTogether => "credentials_together",
            ExcessKind::TooComplex => "too_complex",
        }
    }
}

/// Does `request` ask more than `allowed` allows? What it asks beyond it; empty when it asks no more.
///
/// A query is read twice. As a **request** it brings about answers (§6.4): for every required Credential Set Query, and for any of the
/// optional ones, the credentials of one option (without `credential_sets`: of every Credential Query); of each credential the elements that
/// one of its `claim_sets` selects (without: all `claims`; without `claims`: none); with `values`, only elements equal to one of them.
/// As a **permission** it allows an answer when a choice of one option in each of its sets gives every credential of the answer a
/// Credential Query of its own (several may share one that is `multiple`) that
///
/// - admits the credential: `format`, `meta`, `trusted_authorities` and holder binding; and
/// - has one claim set of which every element shown is, or lies below, an element that a claim selects; where that claim has
///   `values`, the element equals one of them.
///
/// The request asks more exactly when some wallet could answer it in a way that is not allowed. So less is never more: fewer claims,
/// credentials or values than allowed, `["address", "locality"]` for `["address"]`, an index for `null`. `["address"]` is more than
/// `["address", "locality"]`, an array is more than its elements (`null`), no `values` is more than some, and an optional set counts as though
/// it were answered. A claim set that contradicts itself brings about nothing, and so never is more.
///
/// It goes by what is asked. A format that is only ever shown whole shows more than that, under either query.
///
/// Deciding this is as hard as covering a box with boxes. Beyond a number of combinations that no honest query comes near, the answer is
/// [`ExcessKind::TooComplex`], so an unjudged request is never taken for an allowed one.
pub fn asks_more_than(request: &Query, allowed: &Query) -> Vec<Excess> {
    let mut budget = Budget::default();
    match judge(request, allowed, &mut budget) {
        Some(found) => found.into_iter().collect(),
        None => {
            let too_complex = |query: &CredentialQuery| Excess {
                query: query.id.clone(),
                path: None,
                kind: ExcessKind::TooComplex,
            };
            request.credentials.iter().map(too_complex).collect()
        }
    }
}

/// `None` when the budget is spent.
fn judge(request: &Query, allowed: &Query, budget: &mut Budget) -> Option<BTreeSet<Excess>> {
    let grants = selections(allowed, |_| true, budget)?;
    // What no choice of the permission's options grants is not part of it.
    let granted: Vec<bool> =
        (0..allowed.credentials.len()).map(|at| grants.iter().any(|grant| grant.contains(&at))).collect();
    let mut possible = Vec::new();
    for query in &request.credentials {
        possible.push(can_be_answered(query, budget)?);
    }
    let asked = selections(request, |at| possible.get(at) == Some(&true), budget)?;
    let mut kinds = Vec::new();
    let mut found = BTreeSet::new();
    for (at, query) in request.credentials.iter().enumerate() {
        let is_asked = asked.iter().any(|selection| selection.contains(&at));
        let of_query = if is_asked { kinds_of(query, allowed, &granted, budget)? } else { Kinds::default() };
        found.extend(of_query.excess.iter().cloned());
        kinds.push(of_query);
    }
    if !found.is_empty() {
        return Some(found);
    }
    for selection in &asked {
        if !is_granted(selection, request, &kinds, allowed, &grants, budget)? {
            let together = |at: &usize| {
                let query = request.credentials.get(*at)?.id.clone();
                Some(Excess { query, path: None, kind: ExcessKind::CredentialsTogether })
            };
            found.extend(selection.iter().filter_map(together));
        }
    }
    Some(found)
}

/// The largest sets of Credential Queries (as indexes) that one answer can hold: an option of each set, optional sets included.
fn selections(
    query: &Query,
    possible: impl Fn(usize) -> bool,
    budget: &mut Budget,
) -> Option<BTreeSet<BTreeSet<usize>>> {
    let Some(sets) = &query.credential_sets else {
        let all: BTreeSet<usize> = (0..query.credentials.len()).collect();
        return Some(if all.iter().all(|at| possible(*at)) {
            BTreeSet::from([all])
        } else {
            BTreeSet::new()
        });
    };
    let index_of = |id: &String| query.credentials.iter().position(|asked| asked.id == *id);
    let mut found = BTreeSet::from([BTreeSet::new()]);
    for set in sets {
        let options = set.options.iter().map(|option| option.iter().filter_map(index_of).collect());
        let options: Vec<Vec<usize>> =
            options.filter(|option: &Vec<usize>| option.iter().all(|at| possible(*at))).collect();
        if options.is_empty() && !set.required {
            continue;
        }
        let mut longer = BTreeSet::new();
        for selection in &found {
            for option in &options {
                budget.spend(1 + selection.len() + option.len())?;
                longer.insert(selection.iter().chain(option).copied().collect());
            }
        }
        found = longer;
    }
    Some(found)
}

/// Whether every answer with these Credential Queries is allowed: whatever kind of credential answers each of them, one grant seats them all.
fn is_granted(
    selection: &BTreeSet<usize>,
    request: &Query,
    kinds: &[Kinds],
    allowed: &Query,
    grants: &BTreeSet<BTreeSet<usize>>,
    budget: &mut Budget,
) -> Option<bool> {
    // Of a `multiple` query there may be one of each kind, all in one answer; of the others one kind at a time.
    let mut always: Vec<&BTreeSet<usize>> = Vec::new();
    let mut choices: Vec<Vec<&BTreeSet<usize>>> = Vec::new();
    for at in selection {
        let seats = kinds.get(*at).map(|kinds| kinds.seats.iter().collect::<Vec<_>>()).unwrap_or_default();
        if request.credentials.get(*at).is_some_and(|query| query.multiple) {
            always.extend(seats);
        } else {
            choices.push(seats);
        }
    }
    let mut picked = vec![0; choices.len()];
    loop {
        let mut guests = always.clone();
        for (seats, pick) in choices.iter().zip(&picked) {
            guests.extend(seats.get(*pick));
        }
        let mut seated = false;
        for grant in grants {
            budget.spend(1 + guests.len() * grant.len())?;
            if everyone_sits(&guests, grant, allowed) {
                seated = true;
                break;
            }
        }
        if !seated {
            return Some(false);
        }
        if !advance(&mut picked, &choices) {
            return Some(true);
        }
    }
}

/// Counts on: the next choice, or false after the last.
fn advance<T>(picked: &mut [usize], choices: &[Vec<T>]) -> bool {
    for (pick, choice) in picked.iter_mut().zip(choices) {
        *pick += 1;
        if *pick < choice.len() {
            return true;
        }
        *pick = 0;
    }
    false
}

/// Whether each guest gets a seat it can take: one of its own, or a shared one (`multiple`). Augmenting paths.
fn everyone_sits(guests: &[&BTreeSet<usize>], grant: &BTreeSet<usize>, allowed: &Query) -> bool {
    let shared = |seat: &usize| allowed.credentials.get(*seat).is_some_and(|query| query.multiple);
    let mut taken: std::collections::BTreeMap<usize, usize> = std::collections::BTreeMap::new();
    fn seat(
        guest: usize,
        seats: &[Vec<usize>],
        taken: &mut std::collections::BTreeMap<usize, usize>,
        tried: &mut BTreeSet<usize>,
    ) -> bool {
        for at in seats.get(guest).into_iter().flatten() {
            if tried.insert(*at) {
                let holder = taken.get(at).copied();
                if holder.is_none_or(|holder| seat(holder, seats, taken, tried)) {
                    taken.insert(*at, guest);
                    return true;
                }
            }
        }
        false
    }
    let seats: Vec<Vec<usize>> = guests
        .iter()
        .filter(|guest| !guest.iter().any(|seat| grant.contains(seat) && shared(seat)))
        .map(|guest| guest.iter().filter(|seat| grant.contains(seat)).copied().collect())
        .collect();
    (0..seats.len()).all(|guest| seat(guest, &seats, &mut taken, &mut BTreeSet::new()))
}
