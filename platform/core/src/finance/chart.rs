//! Charts of accounts: what a country numbers and names a role. Data; `docs/ledger.md` lists it.
//!
//! The Vietnamese numbers follow Circular 200/2014/TT-BTC as commonly used; an accountant confirms them before filing.

use super::account::{Account, Role};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chart {
    Vn,
    Generic,
}

impl Chart {
    pub fn word(self) -> &'static str {
        match self {
            Self::Vn => "vn",
            Self::Generic => "generic",
        }
    }
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Vn, Self::Generic].into_iter().find(|chart| chart.word() == word)
    }
    /// The chart a country uses unless its finance people choose another.
    pub fn of_country(country: &str) -> Self {
        if country == "VN" { Self::Vn } else { Self::Generic }
    }
    pub fn number(self, role: Role) -> &'static str {
        let row = row(role);
        match self {
            Self::Vn => row.1,
            Self::Generic => row.0,
        }
    }
    pub fn name(self, role: Role) -> &'static str {
        let row = row(role);
        match self {
            Self::Vn => row.3,
            Self::Generic => row.2,
        }
    }
    /// The name of an account, its sub-account in brackets.
    pub fn account_name(self, account: &Account) -> String {
        match account.sub() {
            None => self.name(account.role).to_owned(),
            Some(sub) => format!("{} ({sub})", self.name(account.role)),
        }
    }
}

/// Generic number, Vietnamese number, English name, Vietnamese name.
fn row(role: Role) -> (&'static str, &'static str, &'static str, &'static str) {
    match role {
        Role::Cash => ("1010", "111", "Cash in drawers", "Tiền mặt"),
        Role::Bank => ("1020", "112", "Bank", "Tiền gửi ngân hàng"),
        Role::BankClearing => ("1030", "1131", "Transfers on their way", "Tiền đang chuyển"),
        Role::ProcessorClearing => ("1040", "1388.1", "Payment processors", "Phải thu cổng thanh toán"),
        Role::MarketplaceClearing => ("1050", "1388.2", "Marketplaces", "Phải thu sàn thương mại điện tử"),
        Role::CodCarrier => ("1060", "1388.3", "Carriers, cash on delivery", "Phải thu đơn vị vận chuyển COD"),
        Role::Ar => ("1100", "131", "Trade receivables", "Phải thu của khách hàng"),
        Role::ArAllowance => ("1190", "2293", "Allowance for receivables", "Dự phòng phải thu khó đòi"),
        Role::Inventory => ("1200", "156", "Inventory", "Hàng hóa"),
        Role::WithholdingTax => ("1300", "1388.4", "Tax withheld by others", "Thuế bị khấu trừ tại nguồn"),
        Role::PartnerReceivable => ("1310", "1388.5", "Receivable from partners", "Phải thu đối tác"),
        Role::Suspense => ("1990", "1381", "Suspense", "Tài sản thiếu chờ xử lý"),
        Role::VatOut => ("2100", "33311", "VAT payable", "Thuế GTGT đầu ra"),
        Role::CustomerDeposits => ("2200", "131.1", "Customers' deposits", "Khách hàng trả tiền trước"),
        Role::VoucherPaid => ("2210", "3387.1", "Vouchers sold", "Doanh thu chưa thực hiện: phiếu mua hàng"),
        Role::StoreCredit => ("2220", "3387.2", "Store credit", "Doanh thu chưa thực hiện: tín dụng cửa hàng"),
        Role::Loyalty => ("2230", "3387.3", "Loyalty points", "Doanh thu chưa thực hiện: điểm thưởng"),
        Role::RefundPayable => ("2240", "3388.1", "Refunds payable", "Phải trả hoàn tiền"),
        Role::ExchangeClearing => ("2250", "3388.2", "Exchanges under way", "Đổi hàng đang xử lý"),
        Role::CommissionUnvested => ("2300", "335", "Commission not vested", "Chi phí phải trả: hoa hồng"),
        Role::CommissionPayable => ("2310", "3388.3", "Commission payable", "Phải trả hoa hồng"),
        Role::PayoutsInTransit => ("2320", "3388.4", "Payouts on their way", "Chi trả đang chuyển"),
        Role::PitWithheld => ("2330", "3335", "Personal income tax withheld", "Thuế TNCN khấu trừ"),
        Role::Sales => ("4000", "511", "Sales", "Doanh thu bán hàng"),
        Role::ContraMarketing => ("4100", "5211.1", "Marketing discounts", "Chiết khấu thương mại: khuyến mại"),
        Role::ContraVoucher => ("4110", "5211.2", "Promotional vouchers", "Chiết khấu thương mại: phiếu giảm giá"),
        Role::ContraPriceOverride => ("4120", "5213", "Price reductions", "Giảm giá hàng bán"),
        Role::ContraShipping => ("4130", "5211.3", "Shipping discounts", "Chiết khấu thương mại: phí vận chuyển"),
        Role::ContraPointsDiff => ("4140", "5211.4", "Points above their carrying amount", "Chênh lệch điểm thưởng"),
        Role::ContraLoyaltyDeferred => ("4150", "5211.5", "Revenue deferred to points", "Doanh thu hoãn lại cho điểm thưởng"),
        Role::EarlyPaymentDiscount => ("4160", "635", "Early-payment discounts", "Chiết khấu thanh toán"),
        Role::SalesReturns => ("4200", "5212", "Sales returns", "Hàng bán bị trả lại"),
        Role::Breakage => ("4300", "711", "Breakage", "Thu nhập khác"),
        Role::Cogs => ("5000", "632", "Cost of goods sold", "Giá vốn hàng bán"),
        Role::MktCommission => ("6100", "6417.1", "Marketplace commission", "Phí hoa hồng sàn"),
        Role::MktPaymentFee => ("6110", "6417.2", "Payment fees", "Phí thanh toán"),
        Role::MktServiceFee => ("6120", "6417.3", "Marketplace service fees", "Phí dịch vụ sàn"),
        Role::MktAffiliate => ("6130", "6417.4", "Marketplace affiliate fees", "Phí tiếp thị liên kết sàn"),
        Role::MktShipping => ("6140", "6417.5", "Shipping charged by marketplaces", "Phí vận chuyển sàn thu"),
        Role::MktOtherFee => ("6150", "6417.6", "Other channel fees", "Phí khác của sàn"),
        Role::MktAdjustment => ("6160", "6417.7", "Channel adjustments", "Điều chỉnh của sàn"),
        Role::ShippingSubsidy => ("6200", "6418.1", "Shipping borne by us", "Trợ giá vận chuyển"),
        Role::CodFee => ("6210", "6417.8", "Cash on delivery fees", "Phí thu hộ COD"),
        Role::Commission => ("6300", "6411", "Commission", "Chi phí hoa hồng"),
        Role::ReturnsWriteOff => ("6400", "6418.2", "Returned goods written off", "Hàng trả lại hư hỏng"),
        Role::BadDebt => ("6500", "6426", "Bad debt", "Chi phí dự phòng phải thu"),
        Role::CashOverShort => ("6600", "811.1", "Cash over and short", "Thừa thiếu quỹ tiền mặt"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_a_number_and_a_name_of_its_own() {
        for chart in [Chart::Vn, Chart::Generic] {
            let numbers: std::collections::HashSet<_> = Role::ALL.iter().map(|role| chart.number(*role)).collect();
            let names: std::collections::HashSet<_> = Role::ALL.iter().map(|role| chart.name(*role)).collect();
            assert_eq!((numbers.len(), names.len()), (Role::ALL.len(), Role::ALL.len()));
        }
        assert_eq!(Chart::of_country("VN"), Chart::Vn);
        assert_eq!(Chart::of_word("generic"), Some(Chart::Generic));
    }
}
