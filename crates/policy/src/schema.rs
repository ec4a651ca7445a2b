//! What a policy may read, made of the purpose's query and of the types it asks for.

use cedar_policy::SchemaFragment;
use portage_catalog::{Catalog, CredentialType, Format, Purpose, PurposeId, Text};
use portage_dcql::{CredentialQuery, Query, Step};
use serde_json::{Value, json};

use crate::{
    shape::{Member, Record, Shape, record_to_json},
    wrong,
};

/// The names that are of no credential: no Credential Query of a purpose with a policy may have them as its id.
pub(crate) const OF_THE_ANSWER: [&str; 4] = ["now", "today", "session_bound", "same_holder"];

/// The action that is permitted or forbidden.
pub(crate) const ACTION: &str = "accept";

/// What a purpose asks, read once.
pub(crate) struct Asked<'a> {
    pub(crate) purpose: &'a PurposeId,
    pub(crate) query: Query,
    pub(crate) catalog: &'a Catalog,
}

impl<'a> Asked<'a> {
    pub(crate) fn of(purpose: &'a PurposeId, query: &Value, catalog: &'a Catalog) -> Result<Self, Text> {
        let query = Query::parse(query).map_err(|error| wrong("query", &[("error", &error.to_string())]))?;
        Ok(Asked { purpose, query, catalog })
    }
}

/// What the rules of a policy for this purpose may read, as a schema in Cedar's own notation: for those who write policies.
///
/// # Errors
/// What stands in the way of a policy for this purpose.
pub fn schema_of(purpose: &Purpose, catalog: &Catalog) -> Result<String, Text> {
    Ok(text_of(&context_of(&Asked::of(&purpose.id, &purpose.query, catalog)?)?))
}

/// The same for a purpose that asked for every claim of one type, under the query `credential`.
pub fn schema_of_type(credential_type: &CredentialType) -> String {
    let claims = Shape::of_schema(&credential_type.schema).unwrap_or_else(|| Shape::Record(Record::new()));
    let mut context = of_the_answer();
    context.insert("credential".to_owned(), Member::always(Shape::Record(credential_with(claims))));
    text_of(&context)
}

/// The shape of `context` for a purpose.
///
/// # Errors
/// What stands in the way of a policy for this purpose.
pub(crate) fn context_of(asked: &Asked<'_>) -> Result<Record, Text> {
    let mut context = of_the_answer();
    let required = asked.query.credential_sets.is_none();
    for credential in &asked.query.credentials {
        let id = &credential.id;
        if OF_THE_ANSWER.contains(&id.as_str()) {
            return Err(wrong("query_id", &[("query", id)]));
        }
        if credential.multiple {
            return Err(wrong("query_multiple", &[("query", id)]));
        }
        let shape = Shape::Record(credential_with(claims_of(credential, asked.catalog)?));
        context.insert(id.clone(), Member { shape, required });
    }
    Ok(context)
}

/// What is known of the answer as a whole.
fn of_the_answer() -> Record {
    let shape_of = |name: &str| match name {
        "now" | "today" => Shape::Datetime,
        _ => Shape::Boolean,
    };
    OF_THE_ANSWER.map(|name| (name.to_owned(), Member::always(shape_of(name)))).into()
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
fn text_of(context: &Record) -> String {
    let fragment = SchemaFragment::from_json_value(json_of(context)).ok();
    // What was compiled is a schema, and has this notation.
    let text = fragment.and_then(|fragment| fragment.to_cedarschema().ok()).unwrap_or_default();
    // No entity here has the name of a type of Cedar's, so the short names say the same.
    text.replace("__cedar::", "")
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

/// What is known of a credential, with what it says.
fn credential_with(claims: Shape) -> Record {
    let issuer = Record::from([
        ("id".to_owned(), Member::always(Shape::String)),
        ("source".to_owned(), Member::always(Shape::String)),
        ("tier".to_owned(), Member::perhaps(Shape::String)),
        ("jurisdiction".to_owned(), Member::perhaps(Shape::String)),
    ]);
    Record::from([
        ("claims".to_owned(), Member::always(claims)),
        ("issuer".to_owned(), Member::always(Shape::Record(issuer))),
        ("type".to_owned(), Member::always(Shape::String)),
        ("status_age_seconds".to_owned(), Member::perhaps(Shape::Long)),
        ("chain_age_seconds".to_owned(), Member::perhaps(Shape::Long)),
        ("holder_is_subject".to_owned(), Member::always(Shape::Boolean)),
        ("valid_from".to_owned(), Member::perhaps(Shape::Datetime)),
        ("valid_until".to_owned(), Member::perhaps(Shape::Datetime)),
    ])
}

/// The claims that are asked, as the types' schemas have them. Where several types may answer, what they do not have alike is left out.
fn claims_of(query: &CredentialQuery, catalog: &Catalog) -> Result<Shape, Text> {
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
        return Err(wrong("query_type", &[("query", &query.id)]));
    };
    for other in shapes {
        let Some(Shape::Record(other)) = other else { return Ok(nothing()) };
        members.retain(|name, member| other.get(name) == Some(member));
    }
    Ok(Shape::Record(members))
}
