//! Rules about tenant tables, read off the migrations. The suite asks the database's catalogue the same, after the fact.

use super::Files;

pub fn tenancy(files: &Files) -> Vec<String> {
    let mut remarks = Vec::new();
    let all: String = files.of("migrations/tenant/", ".sql").map(|(_, text)| text).collect::<Vec<_>>().join("\n");
    let forced: Vec<&str> = all
        .split("foreach name in array array[")
        .skip(1)
        .filter_map(|rest| rest.split_once(']'))
        .flat_map(|(names, _)| names.split(','))
        .map(|name| name.trim().trim_matches('\''))
        .collect();
    for (path, text) in files.of("migrations/tenant/", ".sql") {
        for statement in text.split("create table ").skip(1) {
            let statement = statement.strip_prefix("if not exists ").unwrap_or(statement);
            let Some(name) = statement.split(|c: char| c.is_whitespace() || c == '(').next() else { continue };
            let body = statement.split(";\n").next().unwrap_or(statement);
            let bare = name.strip_prefix("tenant.").unwrap_or_else(|| {
                remarks.push(format!("{path}: {name} lies outside the schema tenant"));
                name
            });
            let by_hand = all.contains(&format!("alter table tenant.{bare} force row level security"));
            if !forced.contains(&bare) && !by_hand {
                remarks.push(format!("{path}: {name} is not in a list that forces row security"));
            }
            for key in ["primary key (", "unique (", "foreign key ("] {
                for columns in body.split(key).skip(1) {
                    if !columns.trim_start().starts_with("tenant_id") {
                        remarks.push(format!("{path}: {name} has a {}without tenant_id first", key.trim_end_matches('(')));
                    }
                }
            }
            if !body.contains("primary key (tenant_id") {
                remarks.push(format!("{path}: {name} has no primary key that begins with tenant_id"));
            }
        }
        for word in ["create trigger", "security definer", "create materialized view", "serial", "generated always as identity", "grant truncate"] {
            if text.to_lowercase().contains(word) {
                remarks.push(format!("{path}: {word}"));
            }
        }
    }
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_outside_the_rules_is_seen() {
        let good = "create table tenant.good (\n tenant_id uuid not null,\n primary key (tenant_id, id)\n);\nforeach name in array array['good'] loop\n";
        let bad = "create table tenant.bad (\n id uuid,\n primary key (id),\n unique (external)\n);\n";
        assert_eq!(tenancy(&Files::made(&[("migrations/tenant/1.sql", good)])), Vec::<String>::new());
        assert_eq!(tenancy(&Files::made(&[("migrations/tenant/2.sql", bad)])).len(), 4);
    }
}
