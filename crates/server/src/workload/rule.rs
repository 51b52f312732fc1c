use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::preset::Preset;
use crate::permission::{Grant, Role};

/// Which programs of an issuer may do what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Name, for people and for the audit log.
    pub name: String,
    /// What claims must say: each has one of its texts, exactly. Numbers and truths are compared as texts.
    pub claims: BTreeMap<String, Vec<String>>,
    /// What may be done then.
    pub grants: Vec<Grant>,
}

/// Most claims of a rule, and most texts of a claim.
const MOST: usize = 50;

impl Rule {
    /// Whether the claims are as it wants them.
    pub fn fits(&self, claims: &Map<String, Value>) -> bool {
        let said = |name: &String, texts: &Vec<String>| {
            let text = match claims.get(name) {
                Some(Value::String(text)) => text.clone(),
                Some(value @ (Value::Number(_) | Value::Bool(_))) => value.to_string(),
                _ => return false,
            };
            texts.contains(&text)
        };
        !self.claims.is_empty() && self.claims.iter().all(|(name, texts)| said(name, texts))
    }

    /// Whether it may be a rule for issuers of a preset.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn check(&self, preset: Preset) -> Result<(), String> {
        let named = !self.name.trim().is_empty() && self.name.len() <= 64;
        if !named || self.name.chars().any(char::is_control) {
            return Err("a rule needs a name of 1 to 64 characters".to_owned());
        }
        let wrong = |what: String| Err(format!("rule `{}`: {what}", self.name));
        let texts = self.claims.values();
        if self.claims.is_empty() || self.claims.len() > MOST {
            return wrong(format!("give 1 to {MOST} claims: without any it would let everybody in"));
        }
        if texts.clone().any(|texts| texts.is_empty() || texts.len() > MOST) {
            return wrong(format!("give each claim 1 to {MOST} texts"));
        }
        if texts.flatten().any(|text| text.is_empty() || text.len() > 1000) {
            return wrong("a claim's text has 1 to 1000 bytes".to_owned());
        }
        let stable = preset.stable_claims();
        if !stable.is_empty() && !stable.iter().any(|name| self.claims.contains_key(*name)) {
            return wrong(format!(
                "demand one of the claims {}: names can be given up and taken by others",
                stable.join(", ")
            ));
        }
        if self.grants.is_empty() {
            return wrong("grants: without a role nothing could be done".to_owned());
        }
        let for_people = |grant: &&Grant| matches!(grant.role, Role::Admin | Role::Approver);
        if let Some(grant) = self.grants.iter().find(for_people) {
            let role = if grant.role == Role::Admin { "admin" } else { "approver" };
            return wrong(format!("programs cannot be {role}: they could pass the gates that hold them"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(claims: Value, role: &str) -> Rule {
        let rule = json!({ "name": "main of shop", "claims": claims, "grants": [{ "role": role }] });
        serde_json::from_value(rule).unwrap()
    }

    #[test]
    fn all_claims_of_a_rule_must_be_said_exactly() {
        let rule = rule(
            json!({ "repository_id": ["42"], "ref": ["refs/heads/main", "refs/heads/next"] }),
            "releaser",
        );
        let fits = |claims: Value| rule.fits(claims.as_object().unwrap());
        assert!(fits(json!({ "repository_id": "42", "ref": "refs/heads/next", "more": [] })));
        assert!(fits(json!({ "repository_id": 42, "ref": "refs/heads/main" })));
        for other in [
            json!({}),
            json!({ "repository_id": "42" }),
            json!({ "repository_id": "42", "ref": "refs/heads/main2" }),
            json!({ "repository_id": "042", "ref": "refs/heads/main" }),
            json!({ "repository_id": ["42"], "ref": "refs/heads/main" }),
            json!({ "repository_id": "42", "ref": null }),
            json!({ "repository_id": 42.5, "ref": "refs/heads/main" }),
        ] {
            assert!(!fits(other.clone()), "{other}");
        }
        let truth = self::rule(json!({ "ref_protected": ["true"] }), "viewer");
        assert!(truth.fits(json!({ "ref_protected": true }).as_object().unwrap()));
        assert!(truth.fits(json!({ "ref_protected": "true" }).as_object().unwrap()));
    }

    #[test]
    fn rules_on_names_alone_and_for_peoples_roles_are_refused() {
        let check = |claims, role, preset| rule(claims, role).check(preset);
        assert_eq!(check(json!({ "repository_id": ["42"] }), "releaser", Preset::Github), Ok(()));
        assert_eq!(check(json!({ "sub": ["x"] }), "viewer", Preset::Custom), Ok(()));
        for (claims, role, preset, told) in [
            (json!({ "repository": ["acme/shop"] }), "releaser", Preset::Github, "repository_id"),
            (json!({ "project_path": ["acme/shop"] }), "releaser", Preset::Gitlab, "project_id"),
            (json!({ "repository_id": ["42"] }), "admin", Preset::Github, "admin"),
            (json!({ "repository_id": ["42"] }), "approver", Preset::Github, "approver"),
            (json!({}), "viewer", Preset::Custom, "1 to 50 claims"),
            (json!({ "sub": [] }), "viewer", Preset::Custom, "1 to 50 texts"),
            (json!({ "sub": [""] }), "viewer", Preset::Custom, "1 to 1000"),
        ] {
            let error = check(claims.clone(), role, preset).unwrap_err();
            assert!(error.contains(told), "{claims} {role}: {error}");
        }
    }
}
