"""The demo shop: some 200 real products with nine months of sales, so that there is something to look at.

Products, prices and sales come from "Online Retail" (D. Chen, S. L. Sain, K. Guo, 2012, doi:10.1057/dbm.2012.17), CC0.
People and their addresses are invented.
"""

# Role, e-mail, password: printed when a demo shop starts. A real shop never has them.
DEMO_LOGINS = (
    ("Owner", "owner@example.com", "linden-owner"),
    ("Packer", "packer@example.com", "linden-packer"),
    ("Customer", "ada@example.com", "linden-ada"),
)


def seed_demo() -> bool:
    """Fill an empty shop with the demo; False, and nothing done, when there is a product already.

    Opens transactions; what is sold is written in one, so an interrupted seed starts again from nothing.
    """
    # The seed needs Pillow and the whole data set: only the process that seeds pays for them.
    from storefront.demo.seed import seed

    return seed()
