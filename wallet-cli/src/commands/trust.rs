use portage_catalog::{Language, PurposeId, plain};
use portage_reason::Reason;
use portage_trust::TrustList;
use portage_wallet::{TrustBefore, TrustImportError, import_trust};
use serde_json::json;

use crate::{
    args::{TrustCommand, TrustImportArgs},
    context::Context,
    refusal::Refusal,
    ui,
};

/// `wallet trust`.
pub(crate) fn trust(command: TrustCommand, context: &mut Context<'_, '_>) -> Result<(), Refusal> {
    match command {
        TrustCommand::Import(args) => import(&args, context),
        TrustCommand::List => list(context),
    }
}

fn import(args: &TrustImportArgs, context: &mut Context<'_, '_>) -> Result<(), Refusal> {
    let file = std::fs::read(&args.file)
        .map_err(|error| Refusal::usage(format!("{}: {error}", args.file.display())))?;
    let session = context.open()?;
    let before = if args.replace { TrustBefore::Replaced } else { TrustBefore::Kept };
    let list =
        import_trust(&session.store, &file, before, context.now(), context.surroundings.entropy.as_ref());
    let list = list.map_err(|error| match error {
        TrustImportError::List(error) => context.refusal(Reason::Malformed).saying(error.to_string()),
        TrustImportError::Store(failure) => context.store_refusal(&failure),
    })?;
    let (issuers, verifiers) = (list.issuers().len(), list.verifiers().len());
    let counts = [("issuers", issuers.to_string()), ("verifiers", verifiers.to_string())];
    let values = counts.each_ref().map(|(name, count)| (*name, count.as_str()));
    let lines = [context.words("wallet.trust_imported", &values)];
    context.answer(&lines, &json!({ "issuers": issuers, "verifiers": verifiers }));
    Ok(())
}

fn list(context: &mut Context<'_, '_>) -> Result<(), Refusal> {
    let session = context.open()?;
    if context.is_json() {
        for issuer in session.trust.list().issuers() {
            let object = json!({ "role": "issuer", "id": issuer.id, "name": issuer.name, "tier": issuer.tier, "types": issuer.types });
            context.answer(&[], &object);
        }
        for verifier in session.trust.list().verifiers() {
            let object = json!({ "role": "verifier", "id": verifier.id, "name": verifier.name, "purposes": verifier.purposes });
            context.answer(&[], &object);
        }
        for anchor in session.trust.list().anchors() {
            let object = json!({ "role": "anchor", "id": anchor.id, "name": anchor.name, "jurisdiction": anchor.jurisdiction, "types": anchor.types });
            context.answer(&[], &object);
        }
    } else if session.trust.list().is_empty() {
        context.print(&[context.words("wallet.trust_empty", &[])]);
    } else {
        let lines = tables(session.trust.list(), context);
        context.print(&lines);
    }
    Ok(())
}

fn tables(list: &TrustList, context: &Context<'_, '_>) -> Vec<String> {
    let language = context.language;
    let issuers = list.issuers().map(|issuer| {
        let types: Vec<String> = issuer.types.iter().map(|id| type_name(id, context, language)).collect();
        [
            format!("{}\n{}", ui::named(&issuer.name, language), issuer.id),
            ui::tier_name(issuer.tier, language),
            types.join("\n"),
        ]
    });
    let verifiers = list.verifiers().map(|verifier| {
        let purposes: Vec<String> =
            verifier.purposes.iter().map(|id| purpose_name(id, context, language)).collect();
        [format!("{}\n{}", ui::named(&verifier.name, language), verifier.id), purposes.join("\n")]
    });
    let issuer_header = [
        context.words("wallet.column_issuer", &[]),
        context.words("wallet.column_tier", &[]),
        context.words("wallet.column_may_issue", &[]),
    ];
    let verifier_header =
        [context.words("wallet.column_service", &[]), context.words("wallet.column_may_ask", &[])];
    let anchors = list.anchors().map(|anchor| {
        let types: Vec<String> = anchor.types.iter().map(|id| type_name(id, context, language)).collect();
        [
            format!("{}\n{}", ui::named(&anchor.name, language), anchor.id),
            anchor.jurisdiction.clone(),
            types.join("\n"),
        ]
    });
    let anchor_header = [
        context.words("wallet.column_anchor", &[]),
        context.words("wallet.column_jurisdiction", &[]),
        context.words("wallet.column_vouches_for", &[]),
    ];
    let mut lines = vec![
        ui::table::rows(issuer_header, issuers.collect()),
        ui::table::rows(verifier_header, verifiers.collect()),
    ];
    if list.anchors().len() > 0 {
        lines.push(ui::table::rows(anchor_header, anchors.collect()));
    }
    lines
}

fn purpose_name(id: &PurposeId, context: &Context<'_, '_>, language: Language) -> String {
    match context.catalog.purpose(id) {
        Some(purpose) => ui::named(&purpose.name, language),
        None => plain(&id.0),
    }
}

fn type_name(id: &str, context: &Context<'_, '_>, language: Language) -> String {
    match context.catalog.credential_type(id).or_else(|| context.catalog.by_vct(id)) {
        Some(known) => ui::named(&known.name, language),
        None => plain(id),
    }
}
