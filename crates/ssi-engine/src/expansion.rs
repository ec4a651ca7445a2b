//! Expansion (JSON-LD 1.1 API §5.1), strict: every member of the document is either in the result or an error.

use std::rc::Rc;

use serde_json::{Map, Value};
use ssi_json_ld::{
    Type,
    syntax::{ContainerKind, Keyword},
};

use crate::{
    JsonLdError,
    context::{ActiveContext, ContextProcessor, Definition, Expanded},
    expanded::{Node, Object, resource},
    rdf::{Literal, RDF_JSON},
    value,
};

/// Deepest nesting of arrays and objects.
const MAX_DEPTH: usize = 64;

/// Expands a whole document.
pub(crate) fn expand(
    document: &Value,
    contexts: &mut ContextProcessor<'_>,
) -> Result<Vec<Object>, JsonLdError> {
    let mut expander = Expander { contexts, depth: 0 };
    let initial = expander.contexts.initial()?;
    expander.expand(&initial, None, document, Origin::Document)
}

/// The expanded `@type` values of the root; what no context defines stays as it is.
pub(crate) fn root_types(
    document: &Map<String, Value>,
    contexts: &mut ContextProcessor<'_>,
) -> Result<Vec<String>, JsonLdError> {
    let mut expander = Expander { contexts, depth: 0 };
    let initial = expander.contexts.initial()?;
    let entered = expander.enter(&initial, None, document, Origin::Document)?;
    let mut types = Vec::new();
    for (_, value) in document.iter().filter(|(key, _)| entered.active.is_keyword(key, Keyword::Type)) {
        for name in strings(value)? {
            types.push(match entered.type_scoped.expand_vocab(name) {
                Expanded::Iri(iri) => iri,
                _ => name.to_owned(),
            });
        }
    }
    Ok(types)
}

/// Where an element stands: a map entry keeps a type-scoped context that would otherwise end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Document,
    Map,
}

/// The contexts inside an object: for its members, and for the values of its `@type`.
struct Entered {
    active: Rc<ActiveContext>,
    type_scoped: Rc<ActiveContext>,
}

struct Expander<'p, 'c> {
    contexts: &'p mut ContextProcessor<'c>,
    depth: usize,
}

impl Expander<'_, '_> {
    fn expand(
        &mut self,
        active: &Rc<ActiveContext>,
        property: Option<&str>,
        element: &Value,
        origin: Origin,
    ) -> Result<Vec<Object>, JsonLdError> {
        if self.depth == MAX_DEPTH {
            return Err(JsonLdError::TooComplex);
        }
        self.depth += 1;
        let expanded = match element {
            Value::Null => Err(JsonLdError::DataLoss("a null value")),
            Value::Array(items) => self.expand_array(active, property, items, origin),
            Value::Object(members) => self.expand_object(active, property, members, origin),
            scalar => self.expand_scalar(active, property, scalar).map(|object| vec![object]),
        };
        self.depth -= 1;
        expanded
    }

    fn expand_array(
        &mut self,
        active: &Rc<ActiveContext>,
        property: Option<&str>,
        items: &[Value],
        origin: Origin,
    ) -> Result<Vec<Object>, JsonLdError> {
        let is_list = property
            .and_then(|term| active.definition(term))
            .is_some_and(|definition| definition.container().contains(ContainerKind::List));
        if items.is_empty() && !is_list {
            return Err(JsonLdError::DataLoss("an empty array"));
        }
        let mut objects = Vec::with_capacity(items.len());
        for item in items {
            objects.extend(self.expand(active, property, item, origin)?);
        }
        Ok(if is_list { vec![Object::List(objects)] } else { objects })
    }

    fn expand_scalar(
        &mut self,
        active: &Rc<ActiveContext>,
        property: Option<&str>,
        scalar: &Value,
    ) -> Result<Object, JsonLdError> {
        let Some(term) = property.filter(|term| *term != "@graph") else {
            return Err(JsonLdError::DataLoss("a value that belongs to nothing"));
        };
        let scoped = self.contexts.process_property_scoped(active, active, term)?;
        value::expand_scalar(&scoped, active.definition(term), scalar)
    }

    fn expand_object(
        &mut self,
        active: &Rc<ActiveContext>,
        property: Option<&str>,
        members: &Map<String, Value>,
        origin: Origin,
    ) -> Result<Vec<Object>, JsonLdError> {
        let entered = self.enter(active, property, members, origin)?;
        let members: Vec<Member<'_>> = members
            .iter()
            .filter(|(key, _)| *key != "@context")
            .map(|(key, value)| Member { key, expanded: entered.active.expand_vocab(key), value })
            .collect();
        let find = |keyword| members.iter().find(|member| member.expanded == Expanded::Keyword(keyword));
        if find(Keyword::Value).is_some() {
            return Ok(vec![Object::Literal(value::expand_value_object(&entered.type_scoped, &members)?)]);
        }
        if let Some(list) = find(Keyword::List) {
            only(&members)?;
            return self.expand_list(&entered.active, property, list.value);
        }
        if let Some(set) = find(Keyword::Set) {
            only(&members)?;
            return self.expand(&entered.active, property, set.value, Origin::Document);
        }
        let mut node = Node::default();
        self.expand_node(&entered, &members, &mut node)?;
        Ok(vec![Object::Node(node)])
    }

    /// Steps 7 to 11 of the algorithm: which contexts hold inside an object.
    fn enter(
        &mut self,
        active: &Rc<ActiveContext>,
        property: Option<&str>,
        members: &Map<String, Value>,
        origin: Origin,
    ) -> Result<Entered, JsonLdError> {
        let definitions = active;
        let mut active = Rc::clone(active);
        if let Some(previous) = active.previous().cloned() {
            let is_value = members.keys().any(|key| active.is_keyword(key, Keyword::Value));
            let is_reference =
                members.len() == 1 && members.keys().all(|key| active.is_keyword(key, Keyword::Id));
            if origin == Origin::Document && !is_value && !is_reference {
                active = previous;
            }
        }
        if let Some(term) = property {
            active = self.contexts.process_property_scoped(&active, definitions, term)?;
        }
        if let Some(local) = members.get("@context") {
            active = self.contexts.process_local(&active, local)?;
        }
        let type_scoped = Rc::clone(&active);
        let mut type_members: Vec<_> =
            members.iter().filter(|(key, _)| type_scoped.is_keyword(key, Keyword::Type)).collect();
        type_members.sort_by_key(|(key, _)| key.as_str());
        for (_, value) in type_members {
            let mut names = strings(value)?;
            names.sort_unstable();
            for name in names {
                active = self.contexts.process_type_scoped(&active, &type_scoped, name)?;
            }
        }
        Ok(Entered { active, type_scoped })
    }

    fn expand_list(
        &mut self,
        active: &Rc<ActiveContext>,
        property: Option<&str>,
        value: &Value,
    ) -> Result<Vec<Object>, JsonLdError> {
        if property.is_none_or(|term| term == "@graph") {
            return Err(JsonLdError::DataLoss("a list that belongs to nothing"));
        }
        let mut objects = Vec::new();
        for item in as_array(value) {
            objects.extend(self.expand(active, property, item, Origin::Document)?);
        }
        Ok(vec![Object::List(objects)])
    }

    /// Steps 13 and 14: the members of a node object.
    fn expand_node(
        &mut self,
        entered: &Entered,
        members: &[Member<'_>],
        node: &mut Node,
    ) -> Result<(), JsonLdError> {
        for member in members {
            match &member.expanded {
                Expanded::Keyword(keyword) => self.expand_keyword(entered, *keyword, member, node)?,
                Expanded::Iri(property) => self.expand_property(&entered.active, property, member, node)?,
                Expanded::Null => return Err(JsonLdError::DataLoss("a term mapped to null")),
                Expanded::Relative => return Err(JsonLdError::DataLoss("a term no context defines")),
                Expanded::Blank(_) => return Err(JsonLdError::DataLoss("a blank node as a property")),
            }
        }
        Ok(())
    }

    fn expand_keyword(
        &mut self,
        entered: &Entered,
        keyword: Keyword,
        member: &Member<'_>,
        node: &mut Node,
    ) -> Result<(), JsonLdError> {
        let active = &entered.active;
        match keyword {
            Keyword::Id if node.id.is_none() => {
                let id = member.value.as_str().ok_or(JsonLdError::Invalid("an @id that is not a string"))?;
                node.id = Some(resource(active.expand_id(id))?);
            }
            Keyword::Type => {
                for name in strings(member.value)? {
                    node.types.push(resource(entered.type_scoped.expand_vocab(name))?);
                }
            }
            Keyword::Graph if node.graph.is_none() => {
                node.graph = Some(self.expand(active, Some("@graph"), member.value, Origin::Document)?);
            }
            Keyword::Included => {
                node.included.extend(self.expand(active, None, member.value, Origin::Document)?);
            }
            Keyword::Reverse => self.expand_reverse(active, member.value, node)?,
            Keyword::Nest => self.expand_nest(entered, member, node)?,
            Keyword::Id | Keyword::Graph => return Err(JsonLdError::Invalid("a keyword twice")),
            _ => return Err(JsonLdError::DataLoss("a keyword without effect here")),
        }
        Ok(())
    }

    fn expand_nest(
        &mut self,
        entered: &Entered,
        member: &Member<'_>,
        node: &mut Node,
    ) -> Result<(), JsonLdError> {
        let active = self.contexts.process_property_scoped(&entered.active, &entered.active, member.key)?;
        let nested = Entered { active, type_scoped: Rc::clone(&entered.type_scoped) };
        for value in as_array(member.value) {
            let value =
                value.as_object().ok_or(JsonLdError::Invalid("a @nest value that is not an object"))?;
            let members: Vec<Member<'_>> = value
                .iter()
                .map(|(key, value)| Member { key, expanded: nested.active.expand_vocab(key), value })
                .collect();
            self.expand_node(&nested, &members, node)?;
        }
        Ok(())
    }

    fn expand_reverse(
        &mut self,
        active: &Rc<ActiveContext>,
        value: &Value,
        node: &mut Node,
    ) -> Result<(), JsonLdError> {
        let members = value.as_object().ok_or(JsonLdError::Invalid("an @reverse that is not an object"))?;
        for (key, value) in members {
            let Expanded::Iri(property) = active.expand_vocab(key) else {
                return Err(JsonLdError::DataLoss("a reverse property no context defines"));
            };
            let objects = self.expand(active, Some(key), value, Origin::Document)?;
            let twice = active.definition(key).is_some_and(|definition| definition.reverse_property());
            if twice { &mut node.properties } else { &mut node.reverse }.push((property, objects));
        }
        Ok(())
    }

    fn expand_property(
        &mut self,
        active: &Rc<ActiveContext>,
        property: &str,
        member: &Member<'_>,
        node: &mut Node,
    ) -> Result<(), JsonLdError> {
        let definition = active.definition(member.key);
        let container = |kind| definition.is_some_and(|definition| definition.container().contains(kind));
        let mut objects = match member.value {
            json if definition.and_then(|definition| definition.typ()) == Some(&Type::Json) => {
                vec![Object::Literal(Literal::typed(value::canonical_json(json)?, RDF_JSON))]
            }
            Value::Object(map) if container(ContainerKind::Language) => {
                value::expand_language_map(active, definition, map)?
            }
            Value::Object(map) if container(ContainerKind::Id) || container(ContainerKind::Type) => {
                self.expand_map(active, definition, member.key, map)?
            }
            Value::Object(_) if container(ContainerKind::Index) => {
                return Err(JsonLdError::DataLoss("an index"));
            }
            other => self.expand(active, Some(member.key), other, Origin::Document)?,
        };
        if container(ContainerKind::List) && !matches!(objects.as_slice(), [Object::List(_)]) {
            objects = vec![Object::List(objects)];
        }
        if container(ContainerKind::Graph) && !container(ContainerKind::Id) {
            objects = objects.into_iter().map(as_graph).collect();
        }
        let reverse = definition.is_some_and(|definition| definition.reverse_property());
        if reverse { &mut node.reverse } else { &mut node.properties }.push((property.to_owned(), objects));
        Ok(())
    }

    /// Maps by `@id` or `@type` (step 13.8).
    fn expand_map(
        &mut self,
        active: &Rc<ActiveContext>,
        definition: Option<Definition<'_>>,
        term: &str,
        map: &Map<String, Value>,
    ) -> Result<Vec<Object>, JsonLdError> {
        let container = |kind| definition.is_some_and(|definition| definition.container().contains(kind));
        let by_type = container(ContainerKind::Type);
        let mut objects = Vec::new();
        for (key, value) in map {
            let mut context = active.previous().cloned().unwrap_or_else(|| Rc::clone(active));
            if by_type {
                let definitions = Rc::clone(&context);
                context = self.contexts.process_type_scoped(&context, &definitions, key)?;
            }
            for mut object in self.expand(&context, Some(term), value, Origin::Map)? {
                let is_graph = matches!(&object, Object::Node(node) if node.graph.is_some());
                if container(ContainerKind::Graph) && !is_graph {
                    object = as_graph(object);
                }
                let Object::Node(node) = &mut object else {
                    return Err(JsonLdError::Invalid("a map of something else than nodes"));
                };
                match active.expand_vocab(key) {
                    Expanded::Keyword(Keyword::None) => {}
                    ty if by_type => node.types.insert(0, resource(ty)?),
                    _ if node.id.is_some() => return Err(JsonLdError::DataLoss("an identifier twice")),
                    _ => node.id = Some(resource(active.expand_id(key))?),
                }
                objects.push(object);
            }
        }
        Ok(objects)
    }
}

impl ActiveContext {
    fn is_keyword(&self, key: &str, keyword: Keyword) -> bool {
        self.expand_vocab(key) == Expanded::Keyword(keyword)
    }
}

/// A member of an object with its key expanded.
pub(crate) struct Member<'d> {
    pub(crate) key: &'d str,
    pub(crate) expanded: Expanded,
    pub(crate) value: &'d Value,
}

fn as_graph(object: Object) -> Object {
    Object::Node(Node { graph: Some(vec![object]), ..Node::default() })
}

fn as_array(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        other => std::slice::from_ref(other),
    }
}

fn only(members: &[Member<'_>]) -> Result<(), JsonLdError> {
    match members {
        [_] => Ok(()),
        _ => Err(JsonLdError::DataLoss("something beside @list or @set")),
    }
}

/// One string or several; anything else is not a type.
fn strings(value: &Value) -> Result<Vec<&str>, JsonLdError> {
    let items = as_array(value);
    if items.is_empty() {
        return Err(JsonLdError::DataLoss("an empty array"));
    }
    items
        .iter()
        .map(|item| item.as_str().ok_or(JsonLdError::Invalid("a type that is not a string")))
        .collect()
}
