//! Folders: those that the token's user sees, and those that only dashboards tell of.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// How a folder can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// It is in the tree of the token's user, or answers to its id.
    Seen,
    /// It belongs to somebody else and is known from its dashboards only.
    Hidden,
}

/// A folder. What nobody told is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Folder {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) parent: Option<String>,
    pub(super) sight: Sight,
    /// Ids of the dashboards that the user's own tree shows in it.
    pub(super) dashboards: Vec<String>,
}

impl Folder {
    /// A folder of which only the id is known.
    fn hidden(id: &str) -> Self {
        Folder {
            id: id.to_owned(),
            name: None,
            owner: None,
            parent: None,
            sight: Sight::Hidden,
            dashboards: Vec::new(),
        }
    }

    /// Its name, or words in place of one.
    pub(super) fn shown(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("folder {}", self.id))
    }

    /// Take over what a document tells.
    pub(super) fn learn(&mut self, document: &Value) {
        let text = |key: &str| document.get(key).and_then(Value::as_str).map(str::to_owned);
        self.name = text("name").or(self.name.take());
        self.owner = document.get("owner").and_then(id_of).or(self.owner.take());
        self.parent = text("parentId").filter(|id| is_folder(id)).or(self.parent.take());
    }
}

/// The id of a reference that may be expanded.
pub(super) fn id_of(value: &Value) -> Option<String> {
    let id = match value {
        Value::Object(map) => ["oid", "_id", "id"].iter().find_map(|key| map.get(*key)?.as_str()),
        other => other.as_str(),
    };
    id.filter(|id| !id.is_empty()).map(str::to_owned)
}

/// The made-up root and an empty text are no folders.
pub(super) fn is_folder(id: &str) -> bool {
    !matches!(id, "" | "rootFolder")
}

/// All folders that are known, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tree(BTreeMap<String, Folder>);

impl Tree {
    /// Reads the navigation tree: an object with `folders`, or a list. `None` for anything else.
    pub(super) fn read(body: &Value) -> Option<Self> {
        let top = body.get("folders").unwrap_or(body).as_array()?;
        let mut tree = Tree::default();
        top.iter().try_for_each(|node| tree.add(node, None))?;
        Some(tree)
    }

    fn add(&mut self, node: &Value, parent: Option<&str>) -> Option<()> {
        let id = node.get("oid")?.as_str()?;
        let below = node.get("folders").and_then(Value::as_array);
        if !is_folder(id) {
            return below.into_iter().flatten().try_for_each(|node| self.add(node, parent));
        }
        let mut folder = Folder { sight: Sight::Seen, ..Folder::hidden(id) };
        folder.learn(node);
        // Where a node stands counts more than what it says of itself.
        folder.parent = parent.map(str::to_owned);
        let dashboards = node.get("dashboards").and_then(Value::as_array);
        folder.dashboards = dashboards
            .into_iter()
            .flatten()
            .filter_map(|leaf| leaf.get("oid")?.as_str().map(str::to_owned))
            .collect();
        self.0.insert(id.to_owned(), folder);
        below.into_iter().flatten().try_for_each(|node| self.add(node, Some(id)))
    }

    /// Note that there is a folder, and that there is one above it. What is known stays.
    pub(super) fn hear_of(&mut self, id: &str, document: Option<&Value>) -> &mut Folder {
        let known = self.0.contains_key(id);
        let folder = self.0.entry(id.to_owned()).or_insert_with(|| Folder::hidden(id));
        if let Some(document) = document.filter(|_| !known || folder.sight == Sight::Hidden) {
            folder.learn(document);
        }
        if let Some(parent) = folder.parent.clone() {
            self.0.entry(parent.clone()).or_insert_with(|| Folder::hidden(&parent));
        }
        // It was put there above.
        self.0.entry(id.to_owned()).or_insert_with(|| Folder::hidden(id))
    }

    /// Take over who owns a folder, where nobody told it yet.
    pub(super) fn hear_of_owner(&mut self, id: &str, owner: Option<String>) {
        if let Some(folder) = self.0.get_mut(id)
            && folder.owner.is_none()
        {
            folder.owner = owner;
        }
    }

    pub(super) fn get(&self, id: &str) -> Option<&Folder> {
        self.0.get(id)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Folder> {
        self.0.values()
    }

    /// A folder and those above it, nearest first. A circle ends where it closes.
    pub(super) fn line(&self, id: &str) -> Vec<&Folder> {
        let mut line: Vec<&Folder> = Vec::new();
        let mut at = self.0.get(id);
        while let Some(folder) = at {
            if line.iter().any(|known| known.id == folder.id) {
                break;
            }
            line.push(folder);
            at = folder.parent.as_deref().and_then(|parent| self.0.get(parent));
        }
        line
    }

    /// The names from the top down to a folder.
    pub(super) fn path(&self, id: &str) -> String {
        let names: Vec<String> = self.line(id).iter().rev().map(|folder| folder.shown()).collect();
        names.join("/")
    }

    /// A folder and everything below it, the deepest first.
    pub(super) fn below(&self, id: &str) -> Vec<&Folder> {
        let inside = |folder: &&Folder| self.line(&folder.id).iter().any(|step| step.id == id);
        let mut found: Vec<(usize, String, &Folder)> = self
            .all()
            .filter(inside)
            .map(|folder| (self.line(&folder.id).len(), self.path(&folder.id), folder))
            .collect();
        found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| (&a.1, &a.2.id).cmp(&(&b.1, &b.2.id))));
        found.into_iter().map(|(_, _, folder)| folder).collect()
    }

    /// Ids of folders of which nothing but the id is known.
    pub(super) fn nameless(&self) -> BTreeSet<&str> {
        self.all().filter(|folder| folder.name.is_none()).map(|f| f.id.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tree() -> Tree {
        Tree::read(&json!({"folders": [
            {"oid": "a", "name": "Finance", "owner": "u1", "dashboards": [{"oid": "d1"}],
             "folders": [{"oid": "b", "name": "Quarterly", "owner": {"_id": "u2"}, "folders": [
                {"oid": "c", "name": "Deep"}]}, {"oid": "e", "name": "Daily", "folders": null}]},
            {"oid": "rootFolder", "folders": [{"oid": "f", "name": "Other"}]}
        ]}))
        .unwrap()
    }

    #[test]
    fn reads_both_shapes_and_refuses_what_is_no_tree() {
        let tree = tree();
        assert_eq!(tree.path("c"), "Finance/Quarterly/Deep");
        assert_eq!(tree.get("b").unwrap().owner.as_deref(), Some("u2"));
        assert_eq!(tree.get("f").unwrap().parent, None);
        assert_eq!(tree.get("a").unwrap().dashboards, ["d1"]);
        assert_eq!(Tree::read(&json!([{"oid": "a"}])).unwrap().path("a"), "folder a");
        for bad in [json!({}), json!(null), json!({"folders": 1}), json!([{"name": "no id"}])] {
            assert_eq!(Tree::read(&bad), None, "{bad}");
        }
    }

    #[test]
    fn the_deepest_come_first() {
        let tree = tree();
        let ids: Vec<&str> = tree.below("a").iter().map(|folder| folder.id.as_str()).collect();
        assert_eq!(ids, ["c", "e", "b", "a"]);
    }

    #[test]
    fn hears_of_folders_that_it_does_not_see_and_survives_circles() {
        let mut tree = tree();
        tree.hear_of("x", Some(&json!({"oid": "x", "name": "North", "parentId": "y"})));
        tree.hear_of("z", None);
        assert_eq!(tree.path("x"), "folder y/North");
        assert_eq!(tree.nameless().into_iter().collect::<Vec<_>>(), ["y", "z"]);
        tree.hear_of("y", Some(&json!({"name": "South", "parentId": "x"})));
        assert_eq!(tree.line("x").len(), 2);
        assert_eq!(tree.below("y").len(), 2);
        // What the user sees is not overwritten by what others tell.
        tree.hear_of("a", Some(&json!({"name": "Lie", "parentId": "z"})));
        assert_eq!(tree.path("a"), "Finance");
    }
}
