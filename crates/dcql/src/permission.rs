//! Which Credential Queries of a permission admit what one Credential Query of a request brings about.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{ClaimQuery, CredentialQuery, Excess, ExcessKind, Query, Step, matching::same_value};

/// How many steps a question may take. What a stranger sends decides how hard it is.
pub(crate) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Budget(1_000_000)
    }
}

impl Budget {
    /// `None` when it is spent.
    pub(crate) fn spend(&mut self, steps: usize) -> Option<()> {
        self.0 = self.0.checked_sub(steps)?;
        Some(())
    }
}

/// Indexes of the permission's Credential Queries.
type Seats = BTreeSet<usize>;
/// A Credential Query of the permission and one of its claim sets.
type Places = BTreeSet<(usize, usize)>;

/// Every kind of presentation that a Credential Query brings about, by who admits it.
#[derive(Default)]
pub(crate) struct Kinds {
    /// For each kind the Credential Queries that admit it; of two kinds only the harder one to seat.
    pub(crate) seats: BTreeSet<Seats>,
    /// What is beyond all of them, if a kind has none.
    pub(crate) excess: Vec<Excess>,
}

/// The kinds of `query`, before the granted Credential Queries of `allowed`; `None` when the budget is spent.
pub(crate) fn kinds_of(
    query: &CredentialQuery,
    allowed: &Query,
    granted: &[bool],
    budget: &mut Budget,
) -> Option<Kinds> {
    let permission = Permission { allowed, granted };
    let credentials = permission.credentials(query, budget)?;
    let claims = permission.claims(query, budget)?;
    let mut seats = BTreeSet::new();
    for of_credential in &credentials {
        for of_claims in &claims {
            budget.spend(1 + of_credential.len())?;
            seats.insert(of_credential.intersection(of_claims).copied().collect::<Seats>());
        }
    }
    let seats = hardest(seats, budget)?;
    let excess =
        if seats.iter().any(Seats::is_empty) { permission.excess(query, budget)? } else { Vec::new() };
    Some(Kinds { seats, excess })
}

/// Whether any credential can answer the query: one of its claim sets does not contradict itself.
pub(crate) fn can_be_answered(query: &CredentialQuery, budget: &mut Budget) -> Option<bool> {
    Some(!claim_sets(query, budget)?.is_empty())
}

struct Permission<'a> {
    allowed: &'a Query,
    granted: &'a [bool],
}

impl<'a> Permission<'a> {
    fn seats(&self, admits: impl Fn(&CredentialQuery) -> bool) -> Seats {
        let granted = self.allowed.credentials.iter().zip(self.granted).enumerate();
        granted.filter(|(_, (query, granted))| **granted && admits(query)).map(|(at, _)| at).collect()
    }

    /// Every kind of credential that the query asks for, by who admits it.
    fn credentials(&self, query: &CredentialQuery, budget: &mut Budget) -> Option<BTreeSet<Seats>> {
        let mut kinds = BTreeSet::from([self.seats(|allowed| {
            allowed.format == query.format
                && (query.holder_binding || !allowed.holder_binding)
                && (!query.multiple || allowed.multiple)
        })]);
        for dimension in [self.types(query), self.issuers(query)] {
            kinds = meet(&kinds, &dimension, budget)?;
        }
        Some(kinds)
    }

    /// Every kind of type that the query asks for, by who admits it.
    fn types(&self, query: &CredentialQuery) -> BTreeSet<Seats> {
        let vcts = options(query.meta.vct_values.as_deref());
        let types = options(query.meta.type_values.as_deref());
        let doctype = query.meta.doctype_value.as_ref();
        let mut kinds = BTreeSet::new();
        for vct in &vcts {
            for types in &types {
                kinds.insert(self.seats(|allowed| {
                    let meta = &allowed.meta;
                    let has = |all: &Vec<String>| {
                        types.is_some_and(|types| all.iter().all(|one| types.contains(one)))
                    };
                    meta.vct_values.as_ref().is_none_or(|values| vct.is_some_and(|vct| values.contains(vct)))
                        && meta.type_values.as_ref().is_none_or(|any| any.iter().any(has))
                        && meta.doctype_value.as_ref().is_none_or(|value| doctype == Some(value))
                }));
            }
        }
        kinds
    }

    /// Every kind of issuer (an entry of `trusted_authorities`), by who admits it.
    fn issuers(&self, query: &CredentialQuery) -> BTreeSet<Seats> {
        let asked = authorities(query);
        let kind = |issuer: Option<&(&str, &str)>| {
            self.seats(|allowed| {
                authorities(allowed).is_none_or(|values| issuer.is_some_and(|issuer| values.contains(issuer)))
            })
        };
        options(asked.as_deref()).into_iter().map(kind).collect()
    }

    fn places(&self) -> Places {
        let seats = self.seats(|_| true).into_iter();
        let of_seat = |seat: usize| {
            let sets = self.allowed.credentials.get(seat).map_or(0, |query| query.claim_options().len());
            (0..sets).map(move |set| (seat, set))
        };
        seats.flat_map(of_seat).collect()
    }

    /// The claim sets with a claim that covers what `asked` selects when it says `value` (`None`: whatever).
    fn covering(&self, asked: &ClaimQuery, value: Option<&Value>, budget: &mut Budget) -> Option<Places> {
        let mut found = Places::new();
        for (seat, set) in self.places() {
            let Some(query) = self.allowed.credentials.get(seat) else { continue };
            let claims = query.claims.as_deref().unwrap_or_default();
            let set_claims = query.claim_options().get(set).cloned().unwrap_or_default();
            budget.spend(1 + set_claims.len())?;
            let mut in_set = set_claims.iter().filter_map(|at| claims.get(*at));
            if in_set.any(|claim| covers(claim, &asked.path, value)) {
                found.insert((seat, set));
            }
        }
        Some(found)
    }

    /// Every kind of disclosure that the query asks for, by who admits it.
    fn claims(&self, query: &CredentialQuery, budget: &mut Budget) -> Option<BTreeSet<Seats>> {
        let mut kinds = BTreeSet::new();
        for set in claim_sets(query, budget)? {
            let mut places = BTreeSet::from([self.places()]);
            for claim in &set {
                places = meet(&places, &self.of_claim(claim, budget)?, budget)?;
            }
            kinds.extend(places.iter().map(|places| places.iter().map(|(seat, _)| *seat).collect::<Seats>()));
        }
        hardest(kinds, budget)
    }

    /// What one claim shows: of one element one value at a time; of all elements of an array (`null`) all values at once.
    fn of_claim(&self, claim: &ClaimQuery, budget: &mut Budget) -> Option<BTreeSet<Places>> {
        let Some(values) = &claim.values else {
            return Some(BTreeSet::from([self.covering(claim, None, budget)?]));
        };
        let mut each = Vec::new();
        for value in values {
            each.push(self.covering(claim, Some(value), budget)?);
        }
        if is_one_element(claim) {
            return Some(each.into_iter().collect());
        }
        let all = each.into_iter().reduce(|one, other| one.intersection(&other).copied().collect());
        Some(all.into_iter().collect())
    }

    /// What is beyond the permission in a query that has a kind nobody admits.
    fn excess(&self, query: &CredentialQuery, budget: &mut Budget) -> Option<Vec<Excess>> {
        let say = |kind, path| Excess { query: query.id.clone(), path, kind };
        let of_format = self.seats(|allowed| allowed.format == query.format);
        if of_format.is_empty() {
            return Some(vec![say(ExcessKind::Format, None)]);
        }
        let of_type: BTreeSet<Seats> =
            self.types(query).iter().map(|seats| seats.intersection(&of_format).copied().collect()).collect();
        if of_type.iter().any(Seats::is_empty) {
            return Some(vec![say(ExcessKind::Type, None)]);
        }
        let fitting: Seats = of_type.into_iter().flatten().collect();
        let mut found = Vec::new();
        let holds = |admits: &dyn Fn(&CredentialQuery) -> bool| {
            fitting.iter().filter_map(|at| self.allowed.credentials.get(*at)).any(admits)
        };
        if !query.holder_binding && !holds(&|allowed| !allowed.holder_binding) {
            found.push(say(ExcessKind::HolderBinding, None));
        }
        if query.multiple && !holds(&|allowed| allowed.multiple) {
            found.push(say(ExcessKind::Multiple, None));
        }
        if self.issuers(query).iter().any(|seats| seats.is_disjoint(&fitting)) {
            found.push(say(ExcessKind::Issuers, None));
        }
        for claim in claim_sets(query, budget)?.iter().flatten() {
            let path_only = ClaimQuery { id: None, path: claim.path.clone(), values: None };
            let fits = |places: &Places| places.iter().any(|(seat, _)| fitting.contains(seat));
            if !fits(&self.covering_path(&path_only, budget)?) {
                found.push(say(ExcessKind::Claim, Some(claim.path.clone())));
            } else if !self.of_claim(claim, budget)?.iter().all(fits) {
                found.push(say(ExcessKind::Values, Some(claim.path.clone())));
            }
        }
        if found.is_empty() {
            found.push(say(ExcessKind::ClaimsTogether, None));
        }
        Some(found)
    }

    /// As [`Permission::covering`], whatever the `values` of the permission.
    fn covering_path(&self, asked: &ClaimQuery, budget: &mut Budget) -> Option<Places> {
        let mut found = Places::new();
        for (seat, set) in self.places() {
            let Some(query) = self.allowed.credentials.get(seat) else { continue };
            let claims = query.claims.as_deref().unwrap_or_default();
            let set_claims = query.claim_options().get(set).cloned().unwrap_or_default();
            budget.spend(1 + set_claims.len())?;
            if set_claims
                .iter()
                .filter_map(|at| claims.get(*at))
                .any(|claim| lies_below(&asked.path, &claim.path))
            {
                found.insert((seat, set));
            }
        }
        Some(found)
    }
}

/// Each of a list, or the one way to have no list.
fn options<T>(list: Option<&[T]>) -> Vec<Option<&T>> {
    list.map_or_else(|| vec![None], |list| list.iter().map(Some).collect())
}

/// `trusted_authorities` as pairs of `type` and value.
fn authorities(query: &CredentialQuery) -> Option<Vec<(&str, &str)>> {
    let entries = query.trusted_authorities.as_ref()?.as_array()?;
    let pairs = entries.iter().flat_map(|entry| {
        let kind = entry.get("type").and_then(Value::as_str).unwrap_or_default();
        let values = entry.get("values").and_then(Value::as_array).into_iter().flatten();
        values.filter_map(Value::as_str).map(move |value| (kind, value))
    });
    Some(pairs.collect())
}

/// Every pair of kinds together.
fn meet<T: Copy + Ord>(
    kinds: &BTreeSet<BTreeSet<T>>,
    others: &BTreeSet<BTreeSet<T>>,
    budget: &mut Budget,
) -> Option<BTreeSet<BTreeSet<T>>> {
    let mut met = BTreeSet::new();
    for kind in kinds {
        for other in others {
            budget.spend(1 + kind.len())?;
            met.insert(kind.intersection(other).copied().collect());
        }
    }
    hardest(met, budget)
}

/// Leaves out what is admitted wherever another kind is.
fn hardest<T: Ord>(kinds: BTreeSet<BTreeSet<T>>, budget: &mut Budget) -> Option<BTreeSet<BTreeSet<T>>> {
    budget.spend(kinds.len().saturating_mul(kinds.len()))?;
    let mut kept: Vec<BTreeSet<T>> = Vec::new();
    let mut by_size: Vec<BTreeSet<T>> = kinds.into_iter().collect();
    by_size.sort_by_key(BTreeSet::len);
    for kind in by_size {
        if !kept.iter().any(|harder| harder.is_subset(&kind)) {
            kept.push(kind);
        }
    }
    Some(kept.into_iter().collect())
}

/// Whether an allowed claim covers an element at `path` that equals `value` (`None`: whatever).
fn covers(allowed: &ClaimQuery, path: &[Step], value: Option<&Value>) -> bool {
    lies_below(path, &allowed.path)
        && allowed.values.as_ref().is_none_or(|values| {
            let equals = |value: &Value| values.iter().any(|allowed| same_value(allowed, value));
            allowed.path.len() == path.len() && value.is_some_and(equals)
        })
}

/// Whether whatever `path` selects is, or lies below, something that `above` selects.
fn lies_below(path: &[Step], above: &[Step]) -> bool {
    let fits = |(asked, allowed): (&Step, &Step)| {
        asked == allowed || (*allowed == Step::All && matches!(asked, Step::Index(_)))
    };
    above.len() <= path.len() && path.iter().zip(above).all(fits)
}

fn is_one_element(claim: &ClaimQuery) -> bool {
    !claim.path.contains(&Step::All)
}

/// The claim sets that a credential can satisfy; of two claims about one element, the values both take.
fn claim_sets(query: &CredentialQuery, budget: &mut Budget) -> Option<Vec<Vec<ClaimQuery>>> {
    let claims = query.claims.as_deref().unwrap_or_default();
    let mut found = Vec::new();
    for set in query.claim_options() {
        budget.spend(1 + set.len() * set.len())?;
        let set = merged(set.iter().filter_map(|at| claims.get(*at)));
        let contradicts = |one: &ClaimQuery, other: &ClaimQuery| {
            one.values.as_ref().is_some_and(Vec::is_empty) || contradict(one, other)
        };
        if !set.iter().any(|one| set.iter().any(|other| contradicts(one, other))) {
            found.push(set);
        }
    }
    Some(found)
}

fn merged<'a>(claims: impl Iterator<Item = &'a ClaimQuery>) -> Vec<ClaimQuery> {
    let mut merged: Vec<ClaimQuery> = Vec::new();
    for claim in claims {
        let same = merged.iter_mut().find(|other| is_one_element(claim) && other.path == claim.path);
        match (same, &claim.values) {
            (None, _) => merged.push(claim.clone()),
            (Some(_), None) => {}
            (Some(other), Some(values)) => match &mut other.values {
                None => other.values = Some(values.clone()),
                Some(both) => both.retain(|value| values.iter().any(|also| same_value(also, value))),
            },
        }
    }
    merged
}

/// Whether one element would have to be two things: what `one` selects, or passes through, is a container of the other kind for `other`, or
/// a value (§7.1 gives up on a container of the wrong kind).
fn contradict(one: &ClaimQuery, other: &ClaimQuery) -> bool {
    // `one` selects any element, where `other` speaks of a certain one: another element will do.
    let mut can_differ = false;
    for (mine, theirs) in one.path.iter().zip(&other.path) {
        let is_object = |step: &Step| matches!(step, Step::Name(_));
        if is_object(mine) != is_object(theirs) {
            return true;
        }
        match (mine, theirs) {
            (Step::Name(mine), Step::Name(theirs)) if mine != theirs => return false,
            (Step::Index(mine), Step::Index(theirs)) if mine != theirs => return false,
            (Step::All, Step::Index(_)) => can_differ = true,
            _ => {}
        }
    }
    one.values.is_some() && one.path.len() < other.path.len() && !can_differ
}
