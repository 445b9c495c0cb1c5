// docs/api.md as the type `paths` that openapi-fetch reads: which call takes what and answers what.
import type {
  List,
  Order,
  OrderCounts,
  OrderRow,
  Problem,
  RawMessage,
  SavedView,
  Session,
  Tenant,
  TimelineEntry,
} from "./types";
import type { NewOrder } from "./types_new_order";
import type * as Admin from "./types_admin";
import type * as Bank from "./types_bank";
import type * as Credit from "./types_credit";
import type * as Errands from "./types_errands";
import type * as Invoices from "./types_invoices";
import type * as Products from "./types_products";
import type * as Sales from "./types_sales";
import type * as Settlement from "./types_settlement";
import type * as Ledger from "./types_ledger";
import type * as Receivables from "./types_receivables";

type Headers = { "If-Match"?: string; "Idempotency-Key"?: string };
type Answers<Answer> = {
  responses: {
    200: { headers: Record<string, unknown>; content: { "application/json": Answer } };
    default: { headers: Record<string, unknown>; content: { "application/problem+json": Problem } };
  };
};
type Get<Answer, Query = { limit?: number; cursor?: string }> = {
  parameters: { query?: Query; header?: never; path?: never; cookie?: never };
  requestBody?: never;
} & Answers<Answer>;
type GetAt<Answer, Path, Query = { limit?: number; cursor?: string }> = {
  parameters: { query?: Query; header?: never; path: Path; cookie?: never };
  requestBody?: never;
} & Answers<Answer>;
type Send<Body, Answer = never> = {
  parameters: { query?: never; header?: Headers; path?: never; cookie?: never };
  requestBody: { content: { "application/json": Body } };
} & Answers<Answer>;
type SendAt<Body, Path, Answer = never> = {
  parameters: { query?: never; header?: Headers; path: Path; cookie?: never };
  requestBody: { content: { "application/json": Body } };
} & Answers<Answer>;
type Do<Answer = never> = {
  parameters: { query?: never; header?: Headers; path?: never; cookie?: never };
  requestBody?: never;
} & Answers<Answer>;
type DoAt<Path, Answer = never> = {
  parameters: { query?: never; header?: Headers; path: Path; cookie?: never };
  requestBody?: never;
} & Answers<Answer>;
type Id = { id: string };

export type OrderQuery = {
  channel?: string[];
  account?: string;
  segment?: string;
  payment?: string[];
  delivery?: string[];
  invoice?: string[];
  hold?: string;
  source?: string;
  staff?: string;
  branch?: string;
  tender?: string;
  placed_from?: string;
  placed_to?: string;
  total_min?: string;
  total_max?: string;
  currency?: string;
  returned?: boolean;
  tag?: string;
  test?: boolean;
  text?: string;
  customer?: string;
  sort?: "-placed_at" | "placed_at";
  limit?: number;
  cursor?: string;
};

export interface paths {
  "/api/v1/sign-up": {
    post: Send<
      {
        tenant_name: string;
        slug?: string;
        country: string;
        currency: string;
        time_zone: string;
        locale: string;
        name: string;
        email: string;
        password: string;
      },
      Session
    >;
  };
  "/api/v1/session": { get: Get<Session>; post: Send<{ email: string; password: string }, Session>; delete: Do };
  "/api/v1/session/tenant": { post: Send<{ tenant_id: string }, Session> };
  "/api/v1/mail-verification": { post: Send<{ token: string }> };
  "/api/v1/mail-verification/request": { post: Do };
  "/api/v1/password-reset/request": { post: Send<{ email: string }> };
  "/api/v1/password-reset": { post: Send<{ token: string; password: string }> };
  "/api/v1/oidc/connections": { get: Get<{ data: { id: string; name: string }[] }, { tenant: string }> };

  "/api/v1/tenant": { get: Get<Tenant>; patch: Send<{ name?: string; time_zone?: string; locale?: string }, Tenant> };
  "/api/v1/audit-log": { get: Get<List<Admin.AuditEntry>> };
  "/api/v1/oidc-connections": { get: Get<List<Admin.OidcConnection>>; post: Send<Admin.OidcDraft, Admin.OidcConnection> };
  "/api/v1/oidc-connections/{id}": {
    patch: SendAt<Partial<Admin.OidcDraft>, Id, Admin.OidcConnection>;
    delete: DoAt<Id>;
  };
  "/api/v1/people": { get: Get<List<Admin.Member>> };
  "/api/v1/people/{id}": { delete: DoAt<Id> };
  "/api/v1/people/{id}/roles": { put: SendAt<{ role_ids: string[] }, Id, Admin.Member> };
  "/api/v1/invitations": {
    get: Get<List<Admin.Invitation>>;
    post: Send<{ email: string; role_ids: string[] }, Admin.Invitation>;
  };
  "/api/v1/invitations/{id}": { delete: DoAt<Id> };
  "/api/v1/invitations/accept": { post: Send<{ token: string; name?: string; password?: string }, Session> };
  "/api/v1/roles": { get: Get<List<Admin.Role>>; post: Send<{ name: string; rights: string[] }, Admin.Role> };
  "/api/v1/roles/{id}": { patch: SendAt<{ name: string; rights: string[] }, Id, Admin.Role>; delete: DoAt<Id> };
  "/api/v1/rights": { get: Get<{ data: string[] }> };
  "/api/v1/api-keys": {
    get: Get<List<Admin.ApiKey>>;
    post: Send<{ name: string; scopes: string[]; expires_at?: string }, Admin.ApiKey>;
  };
  "/api/v1/api-keys/{id}": { delete: DoAt<Id> };

  "/api/v1/connectors": { get: Get<{ data: Admin.Connector[] }> };
  "/api/v1/channel-accounts": {
    get: Get<List<Admin.ChannelAccount>>;
    post: Send<Admin.NewChannelAccount, Admin.ChannelAccount>;
  };
  "/api/v1/channel-accounts/{id}": {
    get: GetAt<Admin.ChannelAccount, Id>;
    patch: SendAt<{ name?: string; state?: string; settings?: Record<string, string> }, Id, Admin.ChannelAccount>;
    delete: DoAt<Id>;
  };
  "/api/v1/channel-accounts/{id}/secrets/{name}": {
    put: SendAt<{ value: string; keep_old_minutes?: number }, { id: string; name: string }>;
  };
  "/api/v1/channel-accounts/{id}/hook/rotate": { post: DoAt<Id, Admin.ChannelAccount> };
  "/api/v1/channel-accounts/{id}/authorization": { post: DoAt<Id, { url: string; expires_at: string }> };
  "/api/v1/channel-accounts/{id}/errands": { get: GetAt<List<Errands.Errand>, Id, { open?: boolean; limit?: number; cursor?: string }> };
  "/api/v1/channel-accounts/{id}/backfills": {
    get: GetAt<List<Admin.Backfill>, Id>;
    post: SendAt<{ from: string; until: string }, Id, Admin.Backfill>;
  };
  "/api/v1/channel-accounts/{id}/backfills/{backfill}/cancel": { post: DoAt<{ id: string; backfill: string }, Admin.Backfill> };
  "/api/v1/errands/{id}/retry": { post: DoAt<Id, Errands.Errand> };
  "/api/v1/errands/{id}/drop": { post: SendAt<{ reason: string }, Id, Errands.Errand> };
  "/api/v1/channel-accounts/{id}/documents": { post: SendAt<string, Id, Admin.Reception> };

  "/api/v1/plugins": {
    get: Get<List<Admin.Plugin>>;
    post: Send<{ manifest: string; component: File }, Admin.Plugin>;
  };
  "/api/v1/installations": {
    get: Get<List<Admin.Installation>>;
    post: Send<{ plugin_id: string; grants: Admin.Grants; config?: Record<string, string> }, Admin.Installation>;
  };
  "/api/v1/installations/{id}": { get: GetAt<Admin.Installation, Id> };
  "/api/v1/installations/{id}/grants": { put: SendAt<Admin.Grants, Id, Admin.Installation> };
  "/api/v1/installations/{id}/config": { put: SendAt<Record<string, string>, Id, Admin.Installation> };
  "/api/v1/installations/{id}/suspend": { post: DoAt<Id, Admin.Installation> };
  "/api/v1/installations/{id}/resume": { post: DoAt<Id, Admin.Installation> };
  "/api/v1/installations/{id}/runs": { get: GetAt<List<Admin.PluginRun>, Id> };

  "/api/v1/orders": { get: Get<List<OrderRow>, OrderQuery>; post: Send<NewOrder, Order> };
  "/api/v1/orders/counts": { get: Get<OrderCounts, OrderQuery> };
  "/api/v1/orders/{id}": {
    get: GetAt<Order, Id>;
    patch: SendAt<
      { tags?: string[]; note?: string; staff?: string; source_tag?: string; reason?: string; company_id?: string },
      Id,
      Order
    >;
  };
  "/api/v1/orders/{id}/timeline": { get: GetAt<List<TimelineEntry>, Id> };
  "/api/v1/orders/{id}/raw": { get: GetAt<{ data: RawMessage[] }, Id> };
  "/api/v1/orders/{id}/holds": { post: SendAt<{ type: "manual"; reason: string; blocks?: string[] }, Id, Order> };
  "/api/v1/orders/{id}/holds/{hold}/release": { post: SendAt<{ reason: string }, { id: string; hold: string }, Order> };
  "/api/v1/orders/{id}/confirm": { post: DoAt<Id, Credit.Confirmation> };
  "/api/v1/orders/{id}/tenders": { post: SendAt<Ledger.NewTender, Id, Ledger.Tendered> };
  "/api/v1/orders/{id}/tenders/{tender}/void": { post: SendAt<{ reason: string }, { id: string; tender: string }, Order> };
  "/api/v1/orders/{id}/refunds": { post: SendAt<Ledger.NewRefund, Id, { order: Order }> };
  "/api/v1/orders/{id}/shipments": { post: SendAt<Ledger.NewShipment, Id, { order: Order }> };
  "/api/v1/orders/{id}/changes": { post: SendAt<Ledger.ChangeSet, Id, { order: Order; effect: Ledger.ChangeEffect }> };
  "/api/v1/orders/{id}/changes/preview": { post: SendAt<Ledger.ChangeSet, Id, Ledger.ChangeEffect> };
  "/api/v1/orders/{id}/cancellations": { post: SendAt<{ reason: string }, Id, Order> };
  "/api/v1/orders/{id}/returns": { post: SendAt<Ledger.NewReturn, Id, { order: Order }> };
  "/api/v1/orders/{id}/ledger": { get: GetAt<Ledger.OrderLedger, Id> };
  "/api/v1/orders/{id}/errands": { get: GetAt<{ data: Errands.Errand[] }, Id> };
  "/api/v1/orders/{id}/invoices": { get: GetAt<{ data: Invoices.InvoiceRow[] }, Id> };
  "/api/v1/saved-views": {
    get: Get<List<SavedView>>;
    post: Send<{ name: string; shared: boolean; query: string; columns: string[] }, SavedView>;
  };
  "/api/v1/saved-views/{id}": { delete: DoAt<Id> };

  "/api/v1/quarantine": { get: Get<List<Admin.Quarantined>> };
  "/api/v1/quarantine/{id}": { get: GetAt<Admin.QuarantinedMessage, Id> };
  "/api/v1/quarantine/{id}/replay": { post: DoAt<Id, Admin.Reception> };
  "/api/v1/quarantine/{id}/discard": { post: SendAt<{ reason: string }, Id> };
  "/api/v1/imports": {
    get: Get<List<Admin.Import>>;
    post: Send<{ file: File; channel_account_id: string; mapping?: string }, Admin.Import>;
  };
  "/api/v1/imports/{id}": { get: GetAt<Admin.Import, Id> };
  "/api/v1/imports/{id}/dry-run": { post: DoAt<Id, Admin.DryRun> };
  "/api/v1/imports/{id}/start": { post: DoAt<Id, Admin.Import> };
  "/api/v1/imports/{id}/cancel": { post: DoAt<Id, Admin.Import> };
  "/api/v1/imports/{id}/undo": { post: DoAt<Id, Admin.Import> };

  "/api/v1/companies": {
    get: Get<List<Credit.CompanyRow>, { text?: string; status?: string; parent?: string; limit?: number; cursor?: string }>;
    post: Send<Credit.CompanyDraft, Credit.Company>;
  };
  "/api/v1/companies/{id}": {
    get: GetAt<Credit.CompanyDetail, Id>;
    patch: SendAt<Partial<Credit.CompanyDraft>, Id, Credit.CompanyDetail>;
  };
  "/api/v1/holds": { get: Get<List<Credit.HoldItem>, Credit.HoldQuery> };
  "/api/v1/holds/{id}": { get: GetAt<Credit.HoldItem, Id> };
  "/api/v1/holds/{id}/assign": { post: SendAt<{ owner_id: string | null; escalation?: number }, Id, Credit.HoldItem> };
  "/api/v1/holds/{id}/release": { post: SendAt<{ reason: string }, Id, Credit.HoldItem> };
  "/api/v1/approval-limits": {
    get: Get<{ data: Credit.ApprovalLimit[] }>;
    put: Send<{ limits: Credit.ApprovalLimitDraft[] }, { data: Credit.ApprovalLimit[] }>;
  };
  "/api/v1/hold-times": { get: Get<Credit.HoldTimes>; put: Send<Credit.NewHoldTimes, Credit.HoldTimes> };
  "/api/v1/track-rules": { get: Get<{ data: Credit.TrackRule[] }>; post: Send<Credit.NewTrackRule, Credit.TrackRule> };
  "/api/v1/track-rules/{id}": { delete: DoAt<Id> };
  "/api/v1/credit-policies": {
    get: Get<List<Credit.Policy>>;
    post: Send<{ name: string; plugin_id: string; segment: Credit.PolicySegment; config: unknown }, Credit.Policy>;
  };
  "/api/v1/credit-policies/{id}": {
    get: GetAt<Credit.Policy, Id>;
    patch: SendAt<{ name?: string; enabled?: boolean; plugin_id?: string; config?: unknown }, Id, Credit.Policy>;
  };
  "/api/v1/credit-policies/{id}/backtest": {
    post: SendAt<{ version?: number; placed_from?: string; placed_to?: string; orders_max?: number }, Id, Credit.Backtest>;
  };
  "/api/v1/credit-policies/{id}/backtests": { get: GetAt<{ data: Credit.Backtest[] }, Id> };
  "/api/v1/credit-policies/{id}/activate": { post: SendAt<{ version: number; at?: string }, Id, Credit.Policy> };
  "/api/v1/decisions": {
    get: Get<List<Credit.DecisionRow>, { order?: string; company?: string; policy?: string; outcome?: string; limit?: number; cursor?: string }>;
  };
  "/api/v1/decisions/{id}": { get: GetAt<Credit.Decision, Id> };
  "/api/v1/decisions/{id}/replay": { post: DoAt<Id, Credit.Replayed> };

  "/api/v1/ledger/accounts": { get: Get<{ chart: string; data: Ledger.LedgerAccount[] }> };
  "/api/v1/ledger/trial-balance": { get: Get<Ledger.TrialBalance, { as_of?: string; from?: string }> };
  "/api/v1/ledger/entries": { get: Get<List<Ledger.Entry>, Ledger.EntryQuery> };
  "/api/v1/ledger/cash-locator": { get: Get<Ledger.CashLocator, { as_of?: string }> };
  "/api/v1/ledger/cash-locator/orders": {
    get: Get<List<Ledger.CashOrder>, { account: string; currency: string; as_of?: string; limit?: number; cursor?: string }>;
  };
  "/api/v1/ledger/periods": {
    get: Get<{ closed_through: string | null; data: Ledger.Period[] }>;
    post: Send<{ through: string }, Ledger.Period>;
  };
  "/api/v1/ledger/periods/{id}": { delete: DoAt<Id> };
  "/api/v1/invoices": {
    get: Get<Invoices.InvoiceList, Invoices.InvoiceQuery>;
    post: Send<{ order_ids: string[]; buyer?: Invoices.InvoiceParty }, Invoices.Invoice>;
  };
  "/api/v1/invoices/{id}": { get: GetAt<Invoices.Invoice, Id> };
  "/api/v1/invoices/{id}/correct": { post: SendAt<{ reason: string }, Id, Invoices.Invoice> };
  "/api/v1/invoices/{id}/replace": { post: SendAt<{ reason: string; buyer?: Invoices.InvoiceParty }, Id, Invoices.Invoice> };
  "/api/v1/invoices/{id}/submit": { post: DoAt<Id, Invoices.Invoice> };
  "/api/v1/invoices/{id}/steps": {
    post: SendAt<{ step: "send" | "accept" | "reject"; provider: string | null; reference: string | null; note: string | null }, Id, Invoices.Invoice>;
  };
  "/api/v1/invoice-queue": { get: Get<Invoices.InvoiceQueue, { order?: string }> };
  "/api/v1/invoice-settings": { get: Get<Invoices.InvoiceSettingsState>; put: Send<Invoices.NewInvoiceSettings, Invoices.InvoiceSettingsState> };
  "/api/v1/bank/accounts": {
    get: Get<{ data: Bank.BankAccount[] }>;
    post: Send<{ name: string; number: string; currency: string }, Bank.BankAccount>;
  };
  "/api/v1/bank/accounts/{id}/statements": { post: SendAt<{ file: File; columns?: string }, Id, Bank.BankImport> };
  "/api/v1/bank/lines": { get: Get<List<Bank.BankLine>, Bank.BankLineQuery> };
  "/api/v1/bank/lines/{id}": { get: GetAt<Bank.BankLineDetail, Id> };
  "/api/v1/bank/lines/{id}/match": { post: SendAt<Bank.BankMatch, Id, Bank.BankLineDetail> };
  "/api/v1/bank/lines/{id}/unmatch": { post: SendAt<{ reason: string }, Id, Bank.BankLineDetail> };
  "/api/v1/settlement/shops": { get: Get<{ data: Settlement.SettlementShop[] }> };
  "/api/v1/settlement/shops/{id}/orders": { get: GetAt<List<Settlement.SettlementOrder>, Id, { state?: string; limit?: number; cursor?: string }> };
  "/api/v1/settlement/shops/{id}/rates": { get: GetAt<Settlement.SettlementRates, Id>; put: SendAt<Settlement.SettlementRates, Id, Settlement.SettlementRates> };
  "/api/v1/settlement/shops/{id}/statements": {
    post: SendAt<{ file: File; reference: string; currency?: string; payout?: string; columns?: string }, Id, Settlement.SettlementImport>;
  };
  "/api/v1/settlement/statements": { get: Get<List<Settlement.SettlementStatement>, { shop?: string; limit?: number; cursor?: string }> };
  "/api/v1/settlement/statements/{id}": { get: GetAt<Settlement.SettlementStatementDetail, Id> };
  "/api/v1/settlement/statements/{id}/pay": { post: SendAt<{ bank_line_id: string; why: string; book_later?: boolean }, Id, Settlement.SettlementStatementDetail> };
  "/api/v1/settlement/statements/{id}/lines": { get: GetAt<List<Settlement.SettlementLine>, Id, { state?: string; limit?: number; cursor?: string }> };
  "/api/v1/settlement/statement-lines/{id}/resolve": { post: SendAt<Settlement.Resolution, Id> };
  "/api/v1/receivables/ageing": { get: Get<Receivables.Ageing> };
  "/api/v1/receivables/items": { get: Get<List<Receivables.ReceivableItem>, Receivables.ItemQuery> };
  "/api/v1/receivables/companies/{id}/statement": { get: GetAt<Receivables.Statement, Id, { from: string; to: string; currency?: string }> };
  "/api/v1/receivables/companies/{id}/contact": { get: GetAt<Receivables.DebtorContact, Id>; put: SendAt<Receivables.DebtorContact, Id, Receivables.DebtorContact> };
  "/api/v1/receivables/companies/{id}/promises": {
    get: GetAt<{ data: Receivables.PaymentPromise[] }, Id>;
    post: SendAt<Receivables.NewPromise, Id, { data: Receivables.PaymentPromise[] }>;
  };
  "/api/v1/receivables/promises/{id}": { delete: DoAt<Id> };
  "/api/v1/receivables/companies/{id}/receipts": { post: SendAt<Receivables.NewReceipt, Id, { claim_id: string; entry_id: string }> };
  "/api/v1/receivables/companies/{id}/applications": { post: SendAt<Receivables.NewApplication, Id, { data: Receivables.Applied[] }> };
  "/api/v1/receivables/orders/{id}/applications/{tender}/take-back": { post: SendAt<{ reason: string }, { id: string; tender: string }> };
  "/api/v1/receivables/orders/{id}/write-offs/{tender}/take-back": { post: SendAt<{ reason: string }, { id: string; tender: string }> };
  "/api/v1/receivables/loss": { get: Get<Receivables.ExpectedLoss>; put: Send<{ percents: string[] }, Receivables.ExpectedLoss> };
  "/api/v1/receivables/loss/post": { post: Send<{ memo: string }, { entry_ids: string[] }> };
  "/api/v1/receivables/orders/{id}/write-off": { post: SendAt<{ amount?: string; reason: string }, Id, { tender_id: string; amount: string }> };
  "/api/v1/receivables/dunning-levels": { get: Get<{ levels: Receivables.DunningLevel[] }>; put: Send<{ levels: Receivables.DunningLevel[] }, { levels: Receivables.DunningLevel[] }> };
  "/api/v1/receivables/dunning-runs": { get: Get<{ data: Receivables.DunningRun[] }>; post: Do<Receivables.DunningDetail> };
  "/api/v1/receivables/dunning-runs/{id}": { get: GetAt<Receivables.DunningDetail, Id> };
  "/api/v1/receivables/dunning-runs/{id}/send": { post: SendAt<{ without?: string[] }, Id, Receivables.DunningDetail> };
  "/api/v1/receivables/dunning-runs/{id}/drop": { post: DoAt<Id, Receivables.DunningDetail> };
  "/api/v1/claims": { get: Get<List<Receivables.Claim>, Receivables.ClaimQuery> };
  "/api/v1/claims/{id}": { get: GetAt<Receivables.ClaimDetail, Id> };
  "/api/v1/claims/{id}/end": { post: SendAt<{ reason?: string }, Id, Receivables.ClaimDetail> };
  "/api/v1/claims/vouchers": { post: Send<Receivables.NewClaim & { received_in: string }, Receivables.ClaimDetail> };
  "/api/v1/claims/credits": { post: Send<Receivables.NewClaim, Receivables.ClaimDetail> };
  "/api/v1/claims/members": { post: Send<{ code: string; holder?: string }, Receivables.ClaimDetail> };
  "/api/v1/claims/{id}/earn": { post: SendAt<{ order_id: string }, Id, Receivables.ClaimDetail> };
  "/api/v1/loyalty-program": { get: Get<Receivables.LoyaltyProgram>; put: Send<Receivables.NewLoyaltyProgram, Receivables.LoyaltyProgram> };
  "/api/v1/claim-sums": { get: Get<{ data: Receivables.ClaimSum[] }> };
  "/api/v1/drawers": { get: Get<{ data: Receivables.Drawer[] }>; post: Send<{ name: string; branch?: string; currency?: string }, Receivables.Drawer> };
  "/api/v1/shifts": {
    get: Get<List<Receivables.Shift>, { drawer?: string; limit?: number; cursor?: string }>;
    post: Send<{ drawer_id: string; float: string; float_account?: string }, Receivables.ShiftReport>;
  };
  "/api/v1/shifts/{id}": { get: GetAt<Receivables.ShiftReport, Id> };
  "/api/v1/shifts/{id}/payments": { post: SendAt<{ direction: "in" | "out"; amount: string; account: string; reason: string }, Id, Receivables.ShiftReport> };
  "/api/v1/shifts/{id}/close": { post: SendAt<{ counted: string; note?: string }, Id, Receivables.ShiftReport> };
  "/api/v1/holds/{id}/reject": { post: SendAt<{ reason: string; order: "call_off" | "stay" }, Id, Credit.HoldItem> };
  "/api/v1/price-lists": { get: Get<List<Sales.PriceList>>; post: Send<Sales.NewPriceList, Sales.PriceList> };
  "/api/v1/price-lists/{id}": {
    get: GetAt<Sales.PriceList, Id>;
    patch: SendAt<{ name?: string; segment?: "b2b" | "b2c" | null; company_ids?: string[]; archived?: boolean }, Id, Sales.PriceList>;
  };
  "/api/v1/price-lists/{id}/versions": { get: GetAt<{ data: Sales.PriceListVersion[] }, Id>; post: SendAt<Sales.NewPriceListVersion, Id, Sales.PriceList> };
  "/api/v1/price-lists/{id}/prices": { get: GetAt<List<Sales.ListPrice>, Id, { version?: number; text?: string; limit?: number; cursor?: string }> };
  "/api/v1/products": { get: Get<List<Products.Product>, Products.ProductQuery>; post: Send<Products.NewProduct, Products.Product> };
  "/api/v1/products/{id}": { get: GetAt<Products.Product, Id>; patch: SendAt<Products.ProductChange, Id, Products.Product> };
  "/api/v1/mapping-settings": { get: Get<Products.MappingSettings>; put: Send<{ required: boolean }, Products.MappingSettings> };
  "/api/v1/listings": { get: Get<List<Products.Listing>, { account?: string; product?: string; text?: string; limit?: number; cursor?: string }> };
  "/api/v1/listings/unmapped": { get: Get<List<Products.UnmappedListing>, { of?: "held" | "recent"; account?: string; limit?: number; cursor?: string }> };
  "/api/v1/listings/map": { post: Send<{ mappings: Products.NewMapping[] }, { changed: number }> };
  "/api/v1/orders/{id}/resolved": { get: GetAt<Products.ResolvedOrder, Id> };
  "/api/v1/customers": { get: Get<List<Products.Customer>, { text?: string; limit?: number; cursor?: string }> };
  "/api/v1/customers/{id}": { get: GetAt<Products.CustomerDetail, Id> };
  "/api/v1/customers/{id}/merge": { post: SendAt<{ customer_id: string; reason: string }, Id, Products.CustomerDetail> };
  "/api/v1/customers/{id}/split": { post: SendAt<{ identity_id: string; reason: string }, Id, Products.CustomerDetail> };
  "/api/v1/price-matrix": { get: Get<Sales.PriceMatrix>; put: Send<Partial<Sales.PriceMatrix>, Sales.PriceMatrix> };
  "/api/v1/price-offers": { post: Send<{ company_id: string; currency?: string; lines: Sales.NewQuoteLine[] }, Sales.Offer> };
  "/api/v1/quotes": { get: Get<List<Sales.QuoteRow>, { state?: Sales.QuoteState; company?: string; limit?: number; cursor?: string }>; post: Send<Sales.NewQuote, Sales.Quote> };
  "/api/v1/quotes/{id}": { get: GetAt<Sales.Quote, Id>; put: SendAt<Sales.NewQuote, Id, Sales.Quote> };
  "/api/v1/quotes/{id}/mail": { post: SendAt<{ to: string; language?: "en" | "vi"; text: string | null }, Id> };
  "/api/v1/quotes/{id}/send": { post: DoAt<Id, Sales.Quote> };
  "/api/v1/quotes/{id}/price-requests": { post: DoAt<Id, Sales.Quote> };
  "/api/v1/quotes/{id}/accept": { post: DoAt<Id, Sales.Quote> };
  "/api/v1/quotes/{id}/decline": { post: SendAt<{ reason: string }, Id, Sales.Quote> };
  "/api/v1/approvals": { get: Get<List<Sales.Approval>, Sales.ApprovalQuery> };
  "/api/v1/approvals/{id}": { get: GetAt<Sales.ApprovalDetail, Id> };
  "/api/v1/approvals/{id}/decide": { post: SendAt<Sales.PriceDecision, Id, Sales.ApprovalDetail> };
  "/api/v1/approvals/{id}/assign": { post: SendAt<{ person_id: string | null }, Id, Sales.ApprovalDetail> };
  "/api/v1/approval-delegation": { get: Get<Sales.Delegation>; put: Send<{ person_id: string | null; until?: string }, Sales.Delegation> };
  "/api/v1/orders/{id}/deposit": { get: GetAt<Sales.OrderDeposit, Id>; put: SendAt<{ percent?: string; amount?: string; due_on?: string | null }, Id, Order> };
  "/api/v1/orders/{id}/deposit/forfeit": { post: SendAt<{ amount: string; reason: string }, Id, Order> };
  "/api/v1/finance/settings": { get: Get<Ledger.FinanceSettings>; patch: Send<Ledger.FinanceChange, Ledger.FinanceSettings> };
}
