//! Gates that open by themselves: soak, windows, freezes.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use sluice_e2e::{Engine, Shop};

/// A shop that is done up to staging and has these lines in prod.
fn before_prod(prod: &str) -> Shop {
    let shop = Shop::with_gates(Engine::Sqlite, "", "");
    shop.configure("", prod);
    shop.commit("Gates");
    shop
}

#[test]
fn a_release_soaks_in_staging_and_wait_sits_it_out() {
    let shop = before_prod("soak = \"6s\"");
    let begun = Instant::now();
    let run = shop.sluice(&["deploy", "--format", "json"]).exits(5);
    let json = run.json();
    let gate = &json["gates"][0];
    assert_eq!(
        (&gate["environment"], &gate["gate"], &gate["result"]),
        (&"prod".into(), &"soak".into(), &"fail".into())
    );
    let opens =
        gate["opens_at"].as_str().unwrap_or_else(|| panic!("it says when it opens: {run}")).to_owned();
    assert!(json["next"].as_str().unwrap().contains("--wait"), "{run}");

    // Too short a patience ends at once.
    let run = shop.sluice(&["deploy", "--wait", "100ms", "--format", "json"]).exits(5);
    assert_eq!(run.json()["gates"][0]["opens_at"], opens.as_str(), "asking again does not move it: {run}");
    assert_eq!(shop.applied("prod"), 0);

    shop.sluice(&["deploy", "--wait", "1m"]).exits(0).says("waiting");
    assert!(begun.elapsed().as_secs() >= 5, "prod came {:?} after staging", begun.elapsed());
    assert_eq!(shop.applied("prod"), 2);
}

#[test]
fn another_machine_counts_the_soak_from_the_ledgers() {
    let shop = before_prod("soak = \"1h\"");
    shop.sluice(&["deploy"]).exits(5).says("soak");
    let here = shop.sluice(&["rollout", "why", "--format", "json"]).exits(0).json();
    let run = shop.clone_elsewhere().sluice(&["deploy", "--env", "prod", "--format", "json"]).exits(5);
    let there = run.json();
    let opens = |gates: &serde_json::Value| {
        let gates = gates["gates"].as_array().unwrap().clone();
        let soak = gates.into_iter().find(|gate| gate["gate"] == "soak").unwrap_or_else(|| panic!("{run}"));
        soak["opens_at"].as_str().unwrap()[..16].to_owned()
    };
    assert_eq!(opens(&here), opens(&there), "{run}");
}

#[test]
fn a_closed_window_holds_and_says_when_it_opens() {
    let days = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 86_400;
    // 1970-01-01 was a Thursday.
    let in_three_days =
        ["thu", "fri", "sat", "sun", "mon", "tue", "wed"][usize::try_from((days + 3) % 7).unwrap()];
    let window = format!("window = [{{ days = \"{in_three_days}\", from = \"10:00\", to = \"11:00\" }}]");
    let shop = before_prod(&window);
    let run = shop.sluice(&["deploy", "--format", "json"]).exits(5);
    let json = run.json();
    let gate = &json["gates"][0];
    assert_eq!((&gate["gate"], &gate["result"]), (&"window".into(), &"fail".into()), "{run}");
    assert!(gate["opens_at"].as_str().unwrap().ends_with("T10:00:00Z"), "{run}");
    assert_eq!(shop.applied("prod"), 0);
    shop.sluice(&["rollout", "why"]).exits(0).says("window").says("10:00:00Z");
    // The window is configuration: another one is another release.
    shop.configure("", "window = [{}]");
    shop.sluice(&["deploy"]).exits(0);
    assert_eq!(shop.applied("prod"), 2);
}

#[test]
fn a_freeze_beats_an_open_window_and_says_why() {
    let shop = before_prod(
        "window = [{}]\nfreeze = [{ from = \"2020-01-01\", to = \"2199-12-31\", reason = \"stocktaking\" }]",
    );
    let run = shop.sluice(&["deploy", "--format", "json"]).exits(5);
    let json = run.json();
    let gates = json["gates"].as_array().unwrap();
    let freeze = gates.iter().find(|gate| gate["gate"] == "freeze").unwrap_or_else(|| panic!("{run}"));
    assert!(freeze["reason"].as_str().unwrap().contains("stocktaking"), "{run}");
    assert!(freeze["opens_at"].as_str().unwrap().starts_with("2200-01-01"), "{run}");
    assert_eq!(shop.applied("prod"), 0);
}
