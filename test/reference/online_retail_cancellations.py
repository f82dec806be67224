"""Makes online_retail_cancellations.json: what the cancellation lines of Online Retail (UCI 352) come to.

    python test/reference/online_retail_cancellations.py ../shared/data/orders/online_retail.csv.gz \
        > test/reference/online_retail_cancellations.json   # pandas 3
"""

import json
import sys

import pandas

rows = pandas.read_csv(sys.argv[1], dtype={"InvoiceNo": str, "CustomerID": str}, encoding="utf-8")
rows["Customer"] = rows.CustomerID.str.replace(r"\.0$", "", regex=True)
# pence of a line, rounded half up like a till does
rows["Pence"] = (rows.Quantity.abs() * rows.UnitPrice * 100 + 1e-6).round().astype("int64")
cancelled = rows[rows.InvoiceNo.str.startswith("C")]
kept = cancelled[cancelled.Customer.notna() & (cancelled.UnitPrice > 0)]
bought = rows[~rows.InvoiceNo.str.startswith(("C", "A")) & rows.Customer.notna() & (rows.UnitPrice > 0)]


def by_customer(frame):
    return frame.groupby("Customer").Pence.sum()


net = by_customer(bought).sub(by_customer(kept), fill_value=0).astype("int64")
largest = by_customer(kept).sort_values(ascending=False).head(10)
print(
    json.dumps(
        {
            "lines": len(cancelled),
            "withoutCustomer": int(cancelled.Customer.isna().sum()),
            "withoutPrice": int((cancelled.Customer.notna() & (cancelled.UnitPrice <= 0)).sum()),
            "kept": {
                "lines": len(kept),
                "invoices": int(kept.InvoiceNo.nunique()),
                "customers": int(kept.Customer.nunique()),
                "pieces": int(-kept.Quantity.sum()),
                "pence": int(kept.Pence.sum()),
            },
            "boughtPence": int(bought.Pence.sum()),
            "inTheRed": int((net < 0).sum()),
            "largest": [[user, int(pence), int(net[user])] for user, pence in largest.items()],
        },
        indent=2,
    )
)
