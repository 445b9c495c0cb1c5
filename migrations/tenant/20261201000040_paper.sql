-- How a tenant's documents look on paper: settings of their issue, versioned with the rest.
alter table tenant.invoice_settings add column paper_colour text, add column paper_footer text;
