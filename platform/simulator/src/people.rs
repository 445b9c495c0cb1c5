//! Invented buyers and where they live. Every name, street and number is made up from these lists.

use rand::{Rng, rngs::StdRng, seq::IndexedRandom};

/// Where a shop's buyers live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Market {
    Vietnam,
    America,
    Europe,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    pub id: u64,
    pub first: String,
    pub last: String,
    pub phone: String,
    pub email: String,
    pub street: String,
    pub district: String,
    pub city: String,
    pub region: String,
    pub postcode: String,
    pub country: &'static str,
    pub country_name: &'static str,
}

impl Person {
    /// As the people of the market write it.
    pub fn name(&self) -> String {
        if self.country == "VN" { format!("{} {}", self.last, self.first) } else { format!("{} {}", self.first, self.last) }
    }

    /// Marketplaces hide the person: first letter, stars, last letter.
    pub fn masked_name(&self) -> String {
        let name = self.name();
        let (first, last) = (name.chars().next().unwrap_or('*'), name.chars().last().unwrap_or('*'));
        format!("{first}******{last}")
    }

    pub fn masked_phone(&self) -> String {
        format!("******{}", &self.phone[self.phone.len().saturating_sub(2)..])
    }

    pub fn invent(rng: &mut StdRng, market: Market) -> Self {
        match market {
            Market::Vietnam => vietnamese(rng),
            Market::America => western(rng, &AMERICAN),
            Market::Europe => {
                let place = if rng.random_bool(0.5) { &GERMAN } else { &FRENCH };
                western(rng, place)
            }
        }
    }
}

const FAMILY: [&str; 12] = ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ"];
const MIDDLE: [&str; 8] = ["Thị", "Văn", "Minh", "Ngọc", "Thanh", "Hoài", "Quốc", "Bảo"];
const GIVEN: [&str; 16] = [
    "Hương", "Lan", "Mai", "Thảo", "Trang", "Yến", "Phương", "Ngân", "Dũng", "Hùng", "Khánh", "Long", "Nam", "Phúc", "Quân", "Tuấn",
];
const STREETS: [&str; 10] = [
    "Lê Lợi", "Nguyễn Huệ", "Trần Hưng Đạo", "Hai Bà Trưng", "Điện Biên Phủ", "Cách Mạng Tháng Tám", "Phan Xích Long", "Lý Thường Kiệt",
    "Võ Văn Tần", "Nguyễn Trãi",
];
/// City, its districts.
const CITIES: [(&str, [&str; 4]); 6] = [
    ("TP. Hồ Chí Minh", ["Quận 1", "Quận 3", "Quận Bình Thạnh", "TP. Thủ Đức"]),
    ("Hà Nội", ["Quận Ba Đình", "Quận Cầu Giấy", "Quận Đống Đa", "Quận Hoàn Kiếm"]),
    ("Đà Nẵng", ["Quận Hải Châu", "Quận Sơn Trà", "Quận Thanh Khê", "Quận Ngũ Hành Sơn"]),
    ("Cần Thơ", ["Quận Ninh Kiều", "Quận Cái Răng", "Quận Bình Thủy", "Quận Ô Môn"]),
    ("Hải Phòng", ["Quận Lê Chân", "Quận Ngô Quyền", "Quận Hồng Bàng", "Quận Kiến An"]),
    ("Đắk Lắk", ["TP. Buôn Ma Thuột", "Huyện Krông Pắc", "Thị xã Buôn Hồ", "Huyện Ea Kar"]),
];

fn vietnamese(rng: &mut StdRng) -> Person {
    let (city, districts) = pick(rng, &CITIES);
    let prefix = pick(rng, &["090", "091", "093", "097", "098", "035", "070", "086"]);
    let id = rng.random_range(100_000_000..2_000_000_000);
    Person {
        id,
        first: format!("{} {}", pick(rng, &MIDDLE), pick(rng, &GIVEN)),
        last: (*pick(rng, &FAMILY)).into(),
        phone: format!("{prefix}{:07}", rng.random_range(0..10_000_000)),
        email: format!("buyer{id}@example.vn"),
        street: format!("{} {}", rng.random_range(1..480), pick(rng, &STREETS)),
        district: (*pick(rng, districts)).into(),
        city: (*city).into(),
        region: (*city).into(),
        postcode: format!("{}00000", rng.random_range(1..10)),
        country: "VN",
        country_name: "Vietnam",
    }
}

struct Place {
    first: [&'static str; 8],
    last: [&'static str; 8],
    streets: [&'static str; 5],
    /// City, region, postcode.
    cities: [(&'static str, &'static str, &'static str); 4],
    dial: &'static str,
    country: &'static str,
    country_name: &'static str,
}

const AMERICAN: Place = Place {
    first: ["Olivia", "Emma", "Noah", "Liam", "Ava", "Mason", "Sofia", "Ethan"],
    last: ["Carter", "Nguyen", "Brooks", "Ramirez", "Hughes", "Kim", "Foster", "Patel"],
    streets: ["Maple Avenue", "Cedar Lane", "Sunset Boulevard", "Harbor Street", "Elm Court"],
    cities: [("Portland", "OR", "97205"), ("Austin", "TX", "78701"), ("Chicago", "IL", "60611"), ("Denver", "CO", "80203")],
    dial: "+1503",
    country: "US",
    country_name: "United States",
};
const GERMAN: Place = Place {
    first: ["Lena", "Jonas", "Mia", "Felix", "Hannah", "Paul", "Klara", "Jörg"],
    last: ["Müller", "Schmidt", "Weber", "Becker", "Schäfer", "Koch", "Wolf", "Böhm"],
    streets: ["Lindenstraße", "Gartenweg", "Am Mühlbach", "Schillerstraße", "Hafenallee"],
    cities: [("Berlin", "Berlin", "10115"), ("Hamburg", "Hamburg", "20095"), ("Köln", "Nordrhein-Westfalen", "50667"), ("München", "Bayern", "80331")],
    dial: "+4930",
    country: "DE",
    country_name: "Germany",
};
const FRENCH: Place = Place {
    first: ["Camille", "Léa", "Hugo", "Chloé", "Lucas", "Zoé", "Théo", "Inès"],
    last: ["Martin", "Lefèvre", "Moreau", "Garnier", "Faure", "Besson", "Noël", "Renaud"],
    streets: ["rue des Lilas", "avenue Victor-Hugo", "quai de la Gare", "place du Marché", "rue de l'Église"],
    cities: [("Paris", "Île-de-France", "75011"), ("Lyon", "Rhône", "69002"), ("Nantes", "Loire-Atlantique", "44000"), ("Lille", "Nord", "59800")],
    dial: "+331",
    country: "FR",
    country_name: "France",
};

fn western(rng: &mut StdRng, place: &Place) -> Person {
    let (city, region, postcode) = pick(rng, &place.cities);
    let id = rng.random_range(100_000_000..2_000_000_000);
    Person {
        id,
        first: (*pick(rng, &place.first)).into(),
        last: (*pick(rng, &place.last)).into(),
        phone: format!("{}{:07}", place.dial, rng.random_range(0..10_000_000)),
        email: format!("buyer{id}@example.com"),
        street: format!("{} {}", rng.random_range(1..300), pick(rng, &place.streets)),
        district: String::new(),
        city: (*city).into(),
        region: (*region).into(),
        postcode: (*postcode).into(),
        country: place.country,
        country_name: place.country_name,
    }
}

/// One of a list that is never empty.
pub(crate) fn pick<'a, T>(rng: &mut StdRng, list: &'a [T]) -> &'a T {
    list.choose(rng).expect("the lists of this crate are not empty")
}
