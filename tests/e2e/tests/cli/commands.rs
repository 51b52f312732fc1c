//! Every command on one story: a release on its way to prod, then a change that fails.

use sluice_e2e::{AUTHOR, Engine, REVIEWER, Shop};

use crate::{read, see};

/// Both formats of a command that changes nothing.
macro_rules! both {
    ($shop:expr, $name:literal, $code:literal, $arguments:expr) => {{
        see($name, &$shop.sluice(&$arguments).exits($code));
        let mut arguments = $arguments.to_vec();
        arguments.extend(["--format", "json"]);
        read(concat!($name, "_json"), &$shop.sluice(&arguments).exits($code));
    }};
}

#[test]
fn commands_tell_the_story_of_a_release() {
    let mut shop = Shop::new(Engine::Sqlite);
    // Where a database is differs from run to run and from machine to machine.
    shop.write("sluice.toml", &shop.read("sluice.toml").replace(&format!("{}/", shop.root().display()), ""));
    shop.commit("Relative");
    shop.project.set("SLUICE_ACTOR", AUTHOR);

    both!(shop, "release_list_without_releases", 0, ["release", "list"]);
    both!(shop, "rollout_list_without_rollouts", 0, ["rollout", "list"]);
    both!(shop, "history_without_history", 0, ["history"]);
    both!(shop, "status_before", 0, ["status"]);
    both!(shop, "plan_before", 0, ["plan", "--env", "dev"]);
    see("plan_summary", &shop.sluice(&["plan", "--summary"]).exits(0));

    see("release_create", &shop.sluice(&["release", "create"]).exits(0));
    both!(shop, "release_create_again", 0, ["release", "create"]);
    both!(shop, "release_list", 0, ["release", "list"]);
    both!(shop, "release_show", 0, ["release", "show"]);
    both!(shop, "release_verify", 0, ["release", "verify"]);

    see("deploy_waits_for_approval", &shop.sluice(&["deploy"]).exits(5));
    read("deploy_waits_for_approval_json", &shop.sluice(&["deploy", "--format", "json"]).exits(5));
    both!(shop, "rollout_list", 0, ["rollout", "list"]);
    both!(shop, "rollout_show", 0, ["rollout", "show"]);
    both!(shop, "rollout_why", 0, ["rollout", "why"]);
    both!(shop, "rollout_watch", 5, ["rollout", "watch"]);
    both!(shop, "approve_by_the_author", 1, ["rollout", "approve"]);
    see("approve", &shop.sluice_as(REVIEWER, &["rollout", "approve"]).exits(0));
    read(
        "approve_again_json",
        &shop.sluice_as(REVIEWER, &["rollout", "approve", "--format", "json"]).exits(0),
    );
    see("deploy", &shop.sluice(&["deploy"]).exits(0));
    both!(shop, "deploy_with_nothing_to_do", 0, ["deploy"]);
    see("deploy_quietly", &shop.sluice(&["deploy", "--quiet"]).exits(0));
    both!(shop, "plan_after", 0, ["plan"]);
    both!(shop, "status_after", 0, ["status"]);
    both!(shop, "history_after", 0, ["history", "--env", "dev"]);
    see("history_of_the_last_change", &shop.sluice(&["history", "-n", "1"]).exits(0));
    see("repair_with_nothing_to_repair", &shop.sluice(&["repair"]).exits(0));
}

#[test]
fn commands_tell_the_story_of_a_failure() {
    let mut shop = Shop::with_gates(Engine::Sqlite, "", "");
    shop.write("sluice.toml", &shop.read("sluice.toml").replace(&format!("{}/", shop.root().display()), ""));
    shop.project.set("SLUICE_ACTOR", AUTHOR);
    shop.write(
        "migrations/0003_totals.sql",
        "CREATE TABLE totals (id integer);\n\n  INSERT INTO no_such_table VALUES (1);\n",
    );
    shop.commit("Totals");
    both!(shop, "failing_deploy", 4, ["deploy"]);
    both!(shop, "status_of_a_failure", 0, ["status"]);
    both!(shop, "history_of_a_failure", 0, ["history", "--env", "dev", "-n", "1"]);
    both!(shop, "rollout_of_a_failure", 0, ["rollout", "show"]);

    // An edited, a removed and a late change.
    shop.write("migrations/0001_create_customers.sql", "CREATE TABLE customers (id integer);\n");
    std::fs::remove_file(shop.path("migrations/0002_create_orders.sql")).unwrap();
    shop.write("migrations/0000_late.sql", "CREATE TABLE late (id integer);\n");
    both!(shop, "refused_plan", 1, ["plan", "--env", "dev"]);
    both!(shop, "refused_deploy", 1, ["deploy", "--env", "dev"]);
    both!(shop, "refused_status", 1, ["status", "--env", "dev"]);
    see("refused_repair", &shop.sluice(&["repair", "--env", "dev"]).exits(1));
    both!(shop, "changed_release_verify", 1, ["release", "verify"]);
    see("repair_accept", &shop.sluice(&["repair", "0001", "--accept", "--env", "dev"]).exits(0));
    see("repair_forget", &shop.sluice(&["repair", "0002", "--forget", "--env", "dev"]).exits(0));
}

#[test]
fn decisions_show_the_rollout_that_they_are_about() {
    let mut shop = Shop::new(Engine::Sqlite);
    shop.project.set("SLUICE_ACTOR", REVIEWER);
    shop.sluice(&["deploy"]).exits(5);
    see("pause", &shop.sluice(&["rollout", "pause", "--reason", "a customer calls"]).exits(0));
    see("deploy_of_a_paused_rollout", &shop.sluice(&["deploy"]).exits(5));
    see("resume", &shop.sluice(&["rollout", "resume"]).exits(0));
    see("reject", &shop.sluice(&["rollout", "reject", "-m", "the names are wrong"]).exits(0));
    see("deploy_of_a_rejected_release", &shop.sluice(&["deploy"]));
}
