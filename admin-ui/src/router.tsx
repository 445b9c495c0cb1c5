// Every address of the admin UI. Pages load on first visit; search params are read by the page that owns them.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from "@tanstack/react-router";
import { queries } from "./api/client";
import { readSearch, searchText } from "./api/search";
import { parseBankFilters } from "./bank/filters";
import { parseCompanyFilters } from "./companies/filters";
import { parseHoldFilters } from "./holds/filters";
import { parseInvoiceFilters } from "./invoices/filters";
import { parseEntryFilters, parseLedgerPlace } from "./ledger/filters";
import { parseFilters } from "./orders/list/filters";
import { parseMappingPlace } from "./mapping/filters";
import { parsePolicyPlace } from "./policies/place";
import { parseQuoteFilters } from "./quotes/filters";
import { parseApprovalFilters } from "./approvals/filters";
import { Loading } from "./parts/section";
import { parseReceivablePlace } from "./receivables/filters";
import { parseSettlementPlace } from "./settlement/filters";
import { sessionQuery } from "./session/session";
import { Lost, Broken } from "./shell/lost";
import { Shell } from "./shell/shell";

const root = createRootRoute({ component: Outlet, notFoundComponent: Lost, errorComponent: Broken });

const text = (value: unknown) => (typeof value === "string" ? value : undefined);
type Outside = { next?: string; error?: string };
const outsideSearch = (raw: Record<string, unknown>): Outside => {
  const [next, error] = [text(raw["next"]), text(raw["error"])];
  return { ...(next && { next }), ...(error && { error }) };
};

const outside = <Path extends string>(path: Path, component: Parameters<typeof createRoute>[0]["component"]) =>
  createRoute({ getParentRoute: () => root, path, validateSearch: outsideSearch, component: component as never });

const byMail = () => import("./session/by_mail");
const outsideRoutes = [
  outside("/log-in", lazyRouteComponent(() => import("./session/log_in"), "LogInPage")),
  outside("/sign-up", lazyRouteComponent(() => import("./session/sign_up"), "SignUpPage")),
  outside("/verify-mail", lazyRouteComponent(byMail, "VerifyMailPage")),
  outside("/forgot-password", lazyRouteComponent(byMail, "ForgotPasswordPage")),
  outside("/reset-password", lazyRouteComponent(byMail, "ResetPasswordPage")),
  outside("/accept-invitation", lazyRouteComponent(byMail, "InvitationPage")),
] as const;

/** Everything in here needs a session. */
const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  component: Shell,
  beforeLoad: async ({ location }) => {
    const session = await queries.ensureQueryData(sessionQuery);
    if (!session) throw redirect({ to: "/log-in", search: { next: location.href } });
  },
});

const page = <Path extends string>(path: Path, component: Parameters<typeof createRoute>[0]["component"]) =>
  createRoute({ getParentRoute: () => inside, path, component: component as never });

const home = createRoute({
  getParentRoute: () => inside,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/orders" });
  },
});
const orders = createRoute({
  getParentRoute: () => inside,
  path: "/orders",
  validateSearch: parseFilters,
  component: lazyRouteComponent(() => import("./orders/list/page"), "OrderListPage"),
});
const holds = createRoute({
  getParentRoute: () => inside,
  path: "/holds",
  validateSearch: parseHoldFilters,
  component: lazyRouteComponent(() => import("./holds/page"), "HoldQueuePage"),
});
const companies = createRoute({
  getParentRoute: () => inside,
  path: "/companies",
  validateSearch: parseCompanyFilters,
  component: lazyRouteComponent(() => import("./companies/list"), "CompanyListPage"),
});
const ledger = createRoute({
  getParentRoute: () => inside,
  path: "/ledger",
  validateSearch: parseLedgerPlace,
  component: lazyRouteComponent(() => import("./ledger/balance"), "TrialBalancePage"),
});
const entries = createRoute({
  getParentRoute: () => inside,
  path: "/ledger/entries",
  validateSearch: parseEntryFilters,
  component: lazyRouteComponent(() => import("./ledger/entries"), "EntriesPage"),
});
const invoices = createRoute({
  getParentRoute: () => inside,
  path: "/invoices",
  validateSearch: parseInvoiceFilters,
  component: lazyRouteComponent(() => import("./invoices/list"), "InvoiceListPage"),
});
const cash = createRoute({
  getParentRoute: () => inside,
  path: "/cash",
  validateSearch: parseLedgerPlace,
  component: lazyRouteComponent(() => import("./ledger/cash"), "CashPage"),
});
const bank = createRoute({
  getParentRoute: () => inside,
  path: "/bank",
  validateSearch: parseBankFilters,
  component: lazyRouteComponent(() => import("./bank/page"), "BankPage"),
});
const settlements = createRoute({
  getParentRoute: () => inside,
  path: "/settlements",
  validateSearch: parseSettlementPlace,
  component: lazyRouteComponent(() => import("./settlement/page"), "SettlementPage"),
});
const receivable = <Path extends string>(path: Path, component: Parameters<typeof createRoute>[0]["component"]) =>
  createRoute({ getParentRoute: () => inside, path, validateSearch: parseReceivablePlace, component: component as never });
const policies = createRoute({
  getParentRoute: () => inside,
  path: "/policies",
  validateSearch: parsePolicyPlace,
  component: lazyRouteComponent(() => import("./policies/list"), "PolicyListPage"),
});

const quotes = createRoute({
  getParentRoute: () => inside,
  path: "/quotes",
  validateSearch: parseQuoteFilters,
  component: lazyRouteComponent(() => import("./quotes/list"), "QuoteListPage"),
});
const mapping = createRoute({
  getParentRoute: () => inside,
  path: "/mapping",
  validateSearch: parseMappingPlace,
  component: lazyRouteComponent(() => import("./mapping/page"), "MappingPage"),
});
const approvals = createRoute({
  getParentRoute: () => inside,
  path: "/approvals",
  validateSearch: parseApprovalFilters,
  component: lazyRouteComponent(() => import("./approvals/page"), "ApprovalsPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    ...outsideRoutes,
    inside.addChildren([
      home,
      orders,
      page("/orders/$id", lazyRouteComponent(() => import("./orders/detail/page"), "OrderPage")),
      holds,
      quotes,
      page("/quotes/new", lazyRouteComponent(() => import("./quotes/write"), "NewQuotePage")),
      page("/quotes/$id", lazyRouteComponent(() => import("./quotes/detail"), "QuotePage")),
      page("/price-lists", lazyRouteComponent(() => import("./prices/list"), "PriceListsPage")),
      page("/price-rules", lazyRouteComponent(() => import("./prices/rules"), "PriceRulesPage")),
      page("/price-lists/$id", lazyRouteComponent(() => import("./prices/detail"), "PriceListPage")),
      approvals,
      page("/products", lazyRouteComponent(() => import("./products/list"), "ProductsPage")),
      mapping,
      page("/customers", lazyRouteComponent(() => import("./customers/list"), "CustomersPage")),
      page("/customers/$id", lazyRouteComponent(() => import("./customers/detail"), "CustomerPage")),
      companies,
      page("/companies/$id", lazyRouteComponent(() => import("./companies/detail"), "CompanyDetailPage")),
      ledger,
      entries,
      page("/ledger/periods", lazyRouteComponent(() => import("./ledger/periods"), "PeriodsPage")),
      invoices,
      page("/invoices/settings", lazyRouteComponent(() => import("./invoices/settings"), "InvoiceSettingsPage")),
      page("/invoices/$id", lazyRouteComponent(() => import("./invoices/detail"), "InvoicePage")),
      cash,
      bank,
      settlements,
      receivable("/receivables", lazyRouteComponent(() => import("./receivables/board"), "AgeingPage")),
      receivable("/receivables/payments", lazyRouteComponent(() => import("./receivables/payments"), "PaymentsPage")),
      receivable("/receivables/losses", lazyRouteComponent(() => import("./receivables/losses"), "LossesPage")),
      receivable("/receivables/statement", lazyRouteComponent(() => import("./receivables/statement"), "StatementPage")),
      receivable("/receivables/dunning", lazyRouteComponent(() => import("./receivables/dunning"), "DunningPage")),
      page("/claims", lazyRouteComponent(() => import("./claims/page"), "ClaimsPage")),
      page("/claims/loyalty", lazyRouteComponent(() => import("./claims/loyalty"), "LoyaltyPage")),
      page("/till", lazyRouteComponent(() => import("./till/page"), "TillPage")),
      page("/shifts", lazyRouteComponent(() => import("./shifts/page"), "ShiftsPage")),
      policies,
      page("/policies/$id", lazyRouteComponent(() => import("./policies/policy"), "PolicyPage")),
      page("/approval-limits", lazyRouteComponent(() => import("./limits/page"), "ApprovalLimitsPage")),
      page("/approval-limits/times", lazyRouteComponent(() => import("./limits/times"), "HoldTimesPage")),
      page("/approval-limits/tracks", lazyRouteComponent(() => import("./limits/tracks"), "TrackRulesPage")),
      page("/finance-settings", lazyRouteComponent(() => import("./ledger/settings"), "FinanceSettingsPage")),
      page("/channels", lazyRouteComponent(() => import("./channels/list"), "ChannelListPage")),
      page("/channels/connect", lazyRouteComponent(() => import("./channels/connect"), "ConnectPage")),
      page("/channels/$id", lazyRouteComponent(() => import("./channels/account"), "ChannelAccountPage")),
      page("/quarantine", lazyRouteComponent(() => import("./quarantine/page"), "QuarantinePage")),
      page("/imports", lazyRouteComponent(() => import("./imports/list"), "ImportListPage")),
      page("/imports/$id", lazyRouteComponent(() => import("./imports/import"), "ImportPage")),
      page("/plugins", lazyRouteComponent(() => import("./plugins/list"), "PluginListPage")),
      page("/plugins/$id", lazyRouteComponent(() => import("./plugins/installation"), "InstallationPage")),
      page("/people", lazyRouteComponent(() => import("./people/people"), "PeoplePage")),
      page("/roles", lazyRouteComponent(() => import("./people/roles"), "RolesPage")),
      page("/api-keys", lazyRouteComponent(() => import("./keys/page"), "KeysPage")),
      page("/single-sign-on", lazyRouteComponent(() => import("./sign_on/page"), "SignOnPage")),
      page("/audit-log", lazyRouteComponent(() => import("./audit/page"), "AuditPage")),
      page("/company", lazyRouteComponent(() => import("./company/company"), "CompanyPage")),
      page("/profile", lazyRouteComponent(() => import("./company/profile"), "ProfilePage")),
    ]),
  ]),
  parseSearch: (search) => readSearch(search.replace(/^\?/, "")),
  stringifySearch: (search) => {
    const query = searchText(search);
    return query ? `?${query}` : "";
  },
  defaultPreload: "intent",
  defaultPendingComponent: () => <Loading rows={8} />,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
