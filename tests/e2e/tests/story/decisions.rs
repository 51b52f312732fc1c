//! What people decide about a rollout, and what it comes to.

use sluice_e2e::{AUTHOR, Engine, REVIEWER, Shop};

fn status(shop: &Shop) -> String {
    let run = shop.sluice(&["rollout", "show", "--format", "json"]).exits(0);
    run.json()["status"].as_str().unwrap().to_owned()
}

#[test]
fn a_rejected_release_is_over_until_there_is_another_one() {
    let shop = Shop::new(Engine::Sqlite);
    shop.sluice(&["deploy"]).exits(5);
    shop.sluice_as(AUTHOR, &["rollout", "reject"]).exits(1).says("does not count");
    shop.sluice_as(REVIEWER, &["rollout", "reject", "--reason", "the names are wrong"]).exits(0);
    assert_eq!(status(&shop), "rejected");
    shop.sluice_as("Cem <cem@example.com>", &["rollout", "approve"]).exits(2);
    let run = shop.sluice(&["deploy"]).exits(1).says("rejected").says("the names are wrong");
    assert_eq!(shop.applied("prod"), 0, "a rejected release does not come back by itself: {run}");

    shop.write("migrations/0003_rename.sql", "ALTER TABLE customers RENAME COLUMN name TO full_name;\n");
    shop.commit("Better names");
    shop.sluice(&["deploy"]).exits(5);
    shop.sluice_as(REVIEWER, &["rollout", "approve"]).exits(0);
    shop.sluice(&["deploy"]).exits(0);
    assert_eq!(shop.applied("prod"), 3);
}

#[test]
fn a_paused_rollout_starts_nothing_until_it_is_resumed() {
    let shop = Shop::new(Engine::Sqlite);
    shop.sluice(&["deploy"]).exits(5);
    shop.sluice_as(REVIEWER, &["rollout", "approve"]).exits(0);
    shop.sluice_as(REVIEWER, &["rollout", "pause", "-m", "a customer calls"]).exits(0);
    assert_eq!(status(&shop), "paused");
    shop.sluice(&["deploy"]).exits(5).says("paused").says("sluice rollout resume");
    shop.sluice(&["rollout", "why"]).exits(0).says("a customer calls");
    assert_eq!(shop.applied("prod"), 0);
    shop.sluice_as(REVIEWER, &["rollout", "resume"]).exits(0);
    shop.sluice(&["deploy"]).exits(0);
    assert_eq!(shop.applied("prod"), 2);
}

#[test]
fn a_cancelled_rollout_is_over_and_deploying_again_starts_a_new_one() {
    let shop = Shop::new(Engine::Sqlite);
    shop.sluice(&["deploy"]).exits(5);
    shop.sluice_as(REVIEWER, &["rollout", "approve"]).exits(0);
    shop.sluice_as(REVIEWER, &["rollout", "cancel"]).exits(0);
    assert_eq!(status(&shop), "cancelled");
    assert_eq!(shop.applied("prod"), 0);
    // The new rollout has no approvals: they were for the other one.
    shop.sluice(&["deploy"]).exits(5).says("approval");
    assert_eq!(shop.applied("prod"), 0);
    let listed = shop.sluice(&["rollout", "list", "--format", "json"]).exits(0).json();
    assert_eq!(listed["rollouts"].as_array().unwrap().len(), 2);
}

#[test]
fn decisions_about_unknown_or_finished_rollouts_say_so() {
    let shop = Shop::with_gates(Engine::Sqlite, "", "");
    for action in ["show", "why", "watch", "approve", "reject", "pause", "resume", "cancel", "retry"] {
        shop.sluice_as(REVIEWER, &["rollout", action]).exits(2).says("there is no rollout yet");
    }
    shop.sluice(&["deploy"]).exits(0);
    for action in ["show", "approve", "cancel"] {
        shop.sluice_as(REVIEWER, &["rollout", action, "r-none"]).exits(2).says("r-none");
    }
    shop.sluice_as(REVIEWER, &["rollout", "approve"]).exits(2).says("is over (succeeded)");
    // Nothing that is done can be undone by a word.
    for action in ["pause", "cancel", "resume", "retry"] {
        let run = shop.sluice_as(REVIEWER, &["rollout", action]).exits(2);
        assert_eq!(status(&shop), "succeeded", "{run}");
    }
    shop.sluice(&["deploy"]).exits(0).says("nothing to do");
}

#[test]
fn watching_follows_a_rollout_that_waits_and_one_that_is_done() {
    let shop = Shop::new(Engine::Sqlite);
    shop.sluice(&["deploy"]).exits(5);
    shop.sluice(&["rollout", "watch"]).exits(5).says("approval");
    shop.sluice_as(REVIEWER, &["rollout", "approve"]).exits(0);
    let watching = shop.start(&["rollout", "watch", "--format", "json"]);
    shop.sluice(&["deploy"]).exits(0);
    let run = watching.finish().exits(0);
    assert_eq!(run.json()["status"], "succeeded", "{run}");
}
