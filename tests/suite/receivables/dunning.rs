//! Letters to debtors: proposed, sent once a level, never about what is promised.

use super::*;

fn levels() -> Value {
    let level = |days: i32, word: &str| json!({"days": days, "subject_en": format!("{word}: {{amount}}"), "text_en": "Dear {company},\n{items}\nis open for {days} days. {seller}", "subject_vi": format!("Nhắc {word}: {{amount}}"), "text_vi": "Kính gửi {company},\n{items}\nquá hạn {days} ngày. {seller}"});
    json!({"levels": [level(1, "first"), level(30, "second")]})
}

fn mails(desk: &Desk) -> Vec<String> {
    let folder = desk.merchant.data_dir.join("mail");
    std::fs::read_dir(folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).filter(|mail| mail.contains("debtor@")).collect()
}

#[tokio::test]
async fn dun_1_a_debtor_is_written_to_once_a_level_and_levels_are_not_jumped() {
    let desk = Desk::open().await;
    let net = json!({"kind": "net", "days": 30});
    let (a, b) = (desk.debtor("Minh An", net.clone()).await, desk.debtor("Silent", net).await);
    desk.sold(&a, "15400000", 100).await;
    desk.sold(&b, "5", 100).await;
    let owner = desk.owner();
    assert_eq!(owner.post("/api/v1/receivables/dunning-runs", json!({})).await.expect(409).code(), "nothing_due", "no level yet");
    owner.put("/api/v1/receivables/dunning-levels", levels()).await.expect(200);
    owner.put(&format!("/api/v1/receivables/companies/{a}/contact"), json!({"email": "debtor@minhan.example", "language": "en"})).await.expect(200);
    owner.put(&format!("/api/v1/receivables/companies/{b}/contact"), json!({"language": "vi", "silent": true, "note": "dispute"})).await.expect(200);
    let run = owner.post("/api/v1/receivables/dunning-runs", json!({})).await.expect(201).json();
    let letters = run["letters_list"].as_array().unwrap();
    assert_eq!((letters.len(), letters[0]["company"].as_str(), letters[0]["level"].as_i64(), letters[0]["oldest_days"].as_i64()), (1, Some("Minh An"), Some(1), Some(70)), "DUN-1, DUN-2");
    assert_eq!(owner.post("/api/v1/receivables/dunning-runs", json!({})).await.expect(409).code(), "run_open");
    assert_eq!(mails(&desk).len(), 0, "a proposal sends nothing");
    let sent = owner.post(&format!("/api/v1/receivables/dunning-runs/{}/send", id(&run)), json!({})).await.expect(200).json();
    assert_eq!((sent["state"].as_str(), sent["letters_list"][0]["state"].as_str()), (Some("sent"), Some("sent")));
    assert_eq!(owner.post(&format!("/api/v1/receivables/dunning-runs/{}/send", id(&run)), json!({})).await.expect(409).code(), "ended_already");
    let mails_now = mails(&desk);
    assert_eq!(mails_now.len(), 1);
    assert!(mails_now[0].contains("Subject: first:") && mails_now[0].contains("debtor@minhan.example"), "{}", mails_now[0]);
    // The next is the second level, whatever the first skipped.
    let second = owner.post("/api/v1/receivables/dunning-runs", json!({})).await.expect(201).json();
    assert_eq!(second["letters_list"][0]["level"], 2);
    owner.post(&format!("/api/v1/receivables/dunning-runs/{}/drop", id(&second)), json!({})).await.expect(200);
    assert_eq!(mails(&desk).len(), 1, "dropped");
    let promise = owner.post(&format!("/api/v1/receivables/companies/{a}/promises"), json!({"amount": "15400000", "promised_on": (Utc::now().date_naive() + Days::new(5)), "note": "on Friday"})).await.expect(201).json();
    assert_eq!(owner.post("/api/v1/receivables/dunning-runs", json!({})).await.expect(409).code(), "nothing_due", "DUN-2: promised");
    assert!(desk.board().await["data"][0]["promised_on"].is_string());
    owner.delete(&format!("/api/v1/receivables/promises/{}", id(&promise["data"][0]))).await.expect(204);
    let again = owner.post("/api/v1/receivables/dunning-runs", json!({})).await.expect(201).json();
    owner.post(&format!("/api/v1/receivables/dunning-runs/{}/send", id(&again)), json!({})).await.expect(200);
    assert_eq!(owner.post("/api/v1/receivables/dunning-runs", json!({})).await.expect(409).code(), "nothing_due", "both levels were sent");
    assert_eq!(desk.board().await["data"][0]["dunning_level"], 2);
    desk.server.verify().await;
}
