//! What a policy may read, made of the purpose's query and of the types it asks for.

use cedar_policy::SchemaFragment;
use portage_catalog::{Catalog, CredentialType, Format, Purpose};
use portage_dcql::{CredentialQuery, Query, Step};
use serde_json::{Value, json};

use crate::shape::{Member, Record, Shape, record_to_json};

/// The names that are of no credential: no Credential Query of a purpose with a policy may have them as its id.
pub(crate) const OF_THE_ANSWER: [&str; 4] = ["now", "today", "session_bound", "same_holder"];

/// The action that is permitted or forbidden.
pub(crate) const ACTION: &str = "accept";

/// The shape of `context` for a purpose.
///
/// # Errors
/// What stands in the way of a policy for this purpose.
pub(crate) fn context_of(purpose: &Purpose, catalog: &Catalog) -> Result<Record, String> {
    let query = Query::parse(&purpose.query).map_err(|error| format!("the purpose's query: {error}"))?;
    let mut context = Record::from([
        ("now".to_owned(), Member::always(Shape::Datetime)),
        ("today".to_owned(), Member::always(Shape::Datetime)),
        ("session_bound".to_owned(), Member::always(Shape::Boolean)),
        ("same_holder".to_owned(), Member::always(Shape::Boolean)),
    ]);
    let required = query.credential_sets.is_none();
    for credential in &query.credentials {
        let id = &credential.id;
        if OF_THE_ANSWER.contains(&id.as_str()) {
            return Err(format!(
                "the query {id} needs another id: policies have that name for something else"
            ));
        }
        if credential.multiple {
            return Err(format!(
                "the query {id} takes several credentials: no rule could say which one it reads"
            ));
        }
        let shape = Shape::Record(credential_of(credential, catalog)?);
        context.insert(id.clone(), Member { shape, required });
    }
    Ok(context)
}

/// The schema in Cedar's JSON format.
pub(crate) fn json_of(context: &Record) -> Value {
    let applies = json!({
        "principalTypes": ["Holder"], "resourceTypes": ["Purpose"], "context": record_to_json(context),
    });
    json!({ "": {
        "entityTypes": { "Holder": {}, "Purpose": {} },
        "actions": { ACTION: { "appliesTo": applies } },
    } })
}

/// The same in Cedar's own notation, for those who write policies.
pub(crate) fn text_of(context: &Record) -> String {
    let fragment = SchemaFragment::from_json_value(json_of(context)).ok();
    // What was compiled is a schema, and has this notation.
    fragment.and_then(|fragment| fragment.to_cedarschema().ok()).unwrap_or_default()
}

/// The types that may answer a Credential Query.
pub(crate) fn types_of<'c>(query: &CredentialQuery, catalog: &'c Catalog) -> Vec<&'c CredentialType> {
    let vct = query.meta.vct_values.iter().flatten().filter_map(|vct| catalog.by_vct(vct));
    let vc = query.meta.type_values.iter().flatten();
    let vc = vc.filter_map(|types| catalog.by_vc_types(types.iter().map(String::as_str)));
    vct.chain(vc).collect()
}

/// Whether the claims of a Credential Query stand below `credentialSubject`.
pub(crate) fn is_w3c(query: &CredentialQuery) -> bool {
    Format::from_name(&query.format).is_some_and(|format| format.is_w3c())
}

fn credential_of(query: &CredentialQuery, catalog: &Catalog) -> Result<Record, String> {
    let issuer = Record::from([
        ("id".to_owned(), Member::always(Shape::String)),
        ("source".to_owned(), Member::always(Shape::String)),
        ("tier".to_owned(), Member::perhaps(Shape::String)),
        ("jurisdiction".to_owned(), Member::perhaps(Shape::String)),
    ]);
    Ok(Record::from([
        ("claims".to_owned(), Member::always(claims_of(query, catalog)?)),
        ("issuer".to_owned(), Member::always(Shape::Record(issuer))),
        ("type".to_owned(), Member::always(Shape::String)),
        ("status_age_seconds".to_owned(), Member::perhaps(Shape::Long)),
        ("chain_age_seconds".to_owned(), Member::perhaps(Shape::Long)),
        ("holder_is_subject".to_owned(), Member::always(Shape::Boolean)),
        ("valid_from".to_owned(), Member::perhaps(Shape::Datetime)),
        ("valid_until".to_owned(), Member::perhaps(Shape::Datetime)),
    ]))
}

/// The claims that are asked, as the types' schemas have them. Where several types may answer, what they do not have alike is left out.
fn claims_of(query: &CredentialQuery, catalog: &Catalog) -> Result<Shape, String> {
    let nothing = || Shape::Record(Record::new());
    let Some(asked) = &query.claims else { return Ok(nothing()) };
    let skip = usize::from(is_w3c(query));
    let paths: Vec<&[Step]> = asked.iter().filter_map(|claim| claim.path.get(skip..)).collect();
    // With claim sets, one or the other was shown.
    let present = query.claim_sets.is_none();
    let of_type = |ty: &&CredentialType| Shape::of_schema(&ty.schema).map(|whole| whole.cut(&paths, present));
    let types = types_of(query, catalog);
    let mut shapes = types.iter().map(of_type);
    let first = shapes.next().flatten();
    let Some(Shape::Record(mut members)) = first else {
        return Err(format!("the query {} asks for a type that is not in the catalogue", query.id));
    };
    for other in shapes {
        let Some(Shape::Record(other)) = other else { return Ok(nothing()) };
        members.retain(|name, member| other.get(name) == Some(member));
    }
    Ok(Shape::Record(members))
}
