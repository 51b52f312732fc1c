//! `include` and `exclude`: what of a schema counts.

use sluice_e2e::Engine;

use super::Declared;

#[test]
fn what_does_not_count_is_left_alone() {
    let tail = "\n[schema]\nexclude = [\"table:*tmp_*\"]\n";
    for engine in [Engine::Sqlite, Engine::Postgres(18), Engine::Mariadb] {
        let shop = Declared::with(engine, tail, "");
        shop.database("dev").sql("CREATE TABLE tmp_mine (id integer)");
        shop.deploy("dev").exits(0);
        shop.database("dev").sql("CREATE TABLE tmp_more (id integer)");
        assert_eq!(
            shop.sluice(&["deploy", "--env", "dev", "--format", "json"]).exits(0).json()["outcome"],
            "nothing-to-do"
        );
        shop.database("dev").sql("CREATE TABLE counts (id integer)");
        shop.sluice(&["plan", "--env", "dev"]).exits(1).says("counts").keeps_quiet_about("tmp_");
        shop.sluice(&["diff", "shop-dev", "shop-staging", "--allow", "all", "--no-proof"])
            .exits(0)
            .says("users")
            .keeps_quiet_about("tmp_");
    }
}

#[test]
fn only_what_is_included_counts() {
    let shop = Declared::with(Engine::Postgres(18), "\n[schema]\ninclude = [\"schema:app\"]\n", "");
    for path in ["schema/a_view.sql", "schema/tables/users.sql"] {
        std::fs::remove_file(shop.path(path)).unwrap();
    }
    shop.write("schema/app.sql", "create schema app;\ncreate table app.users (id integer primary key);\n")
        .commit("One schema");
    shop.database("dev").sql("create table elsewhere (id integer)");
    shop.deploy("dev").exits(0);
    assert_eq!(shop.database("dev").sql("select count(*) from elsewhere, app.users"), "0");
}

#[test]
fn drift_of_what_does_not_count_is_none() {
    let tail = "\n[policy]\ndrift = \"error\"\n\n[schema]\nexclude = [\"table:public.tmp_*\"]\n";
    let shop = Declared::with(Engine::Postgres(18), tail, "");
    shop.deploy("dev").exits(0);
    shop.database("dev").sql("create table tmp_mine (id integer)");
    shop.sluice(&["drift", "--env", "dev"]).exits(0).keeps_quiet_about("tmp_mine");
    shop.database("dev").sql("create table mine (id integer)");
    shop.sluice(&["drift", "--env", "dev"]).exits(1).says("table:public.mine").keeps_quiet_about("tmp_mine");
}
