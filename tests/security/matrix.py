"""Every route, who may use it, and what it answers to them: written by hand, so that a change of either is a decision.

A new route needs a line here. `who` is everybody, customer (whoever is signed in), own (whoever the object belongs to:
the others are told that it is not there), staff, or a permission; the status is what a visitor gets who may use it and
sends its form empty (a/b: one status for strangers, one for who is signed in). Objects are those of goods.py.
"""

from typing import NamedTuple

ROLES = {
    "catalog.view": "owner manager packer analyst",
    "catalog.edit": "owner manager",
    "stock.edit": "owner manager",
    "orders.view": "owner manager packer analyst",
    "orders.edit": "owner manager packer",
    "orders.refund": "owner manager",
    "payments.view": "owner manager analyst",
    "promotions.edit": "owner manager",
    "settings.edit": "owner",
    "insight.edit": "owner manager",
    "insight.view": "owner manager analyst",
    "jobs.view": "owner manager",
    "jobs.edit": "owner",
    "people.view": "owner manager",
    "people.edit": "owner",
    "audit.view": "owner",
}
FACTORLESS = {"accounts.factor", "accounts.show_factor", "accounts.renew_codes", "accounts.close_session"}
TABLE = """
POST accounts.add_address             customer        422
POST accounts.add_passkey             customer        422
POST accounts.change_address          own             422
POST accounts.change_email            customer        422
POST accounts.change_password         customer        422
POST accounts.change_profile          customer        422
POST accounts.close_session           customer        303
GET  accounts.confirm                 customer        200
POST accounts.create                  everybody       422
GET  accounts.edit_address            own             200
POST accounts.end_session             customer        303
POST accounts.end_sessions            customer        303
GET  accounts.factor                  staff           200
POST accounts.follow                  everybody       303
GET  accounts.forgotten               everybody       200
GET  accounts.link                    everybody       200
GET  accounts.list_own_addresses      customer        200
POST accounts.mail_confirmation       customer        200
POST accounts.mail_link               everybody       422
POST accounts.mail_sign_in            everybody       422
GET  accounts.new_address             customer        200
POST accounts.open_session            everybody       422
GET  accounts.own_orders              customer        200
GET  accounts.own_settings            customer        200
POST accounts.passkey_options         customer        200
POST accounts.passkey_sign_in         everybody       403
POST accounts.passkey_sign_in_options everybody       200
POST accounts.prefer_address          own             303
GET  accounts.register                everybody       200
POST accounts.remove_address          own             303
POST accounts.remove_passkey          own             303
POST accounts.rename_passkey          own             303
POST accounts.renew_codes             staff           403
POST accounts.restore_address         own             303
GET  accounts.show                    customer        200
POST accounts.show_again              customer        422
POST accounts.show_factor             staff           422
GET  accounts.sign_in                 everybody       200/303
GET  admin.account                    promotions.edit 200
POST admin.add_note                   orders.edit     422
POST admin.add_pictures               catalog.edit    422
POST admin.add_recipient              insight.edit    422
GET  admin.address                    orders.edit     200
POST admin.answer_return              orders.edit     303
POST admin.ask_again                  orders.edit     303
GET  admin.audit_log                  audit.view      200
POST admin.book_stock                 stock.edit      422
POST admin.cancel_order               orders.edit     422
GET  admin.capacity                   insight.view    200
GET  admin.categories                 catalog.edit    200
GET  admin.category                   catalog.edit    200
POST admin.change_address             orders.edit     422
POST admin.change_coupon              promotions.edit 422
POST admin.change_method              settings.edit   422
POST admin.change_packing_plan        insight.edit    422
POST admin.change_prices              catalog.edit    422
POST admin.change_product             catalog.edit    422
POST admin.change_quantities          insight.edit    409
POST admin.change_role                people.edit     422
POST admin.change_supplier            insight.edit    422
POST admin.change_tax                 settings.edit   422
POST admin.change_zone                settings.edit   422
POST admin.close_purchase             insight.edit    303
POST admin.compare_now                orders.refund   303
POST admin.correct_account            promotions.edit 422
GET  admin.coupon                     promotions.edit 200
GET  admin.coupons                    promotions.edit 200
POST admin.create_card                promotions.edit 422
POST admin.create_category            catalog.edit    422
POST admin.create_coupon              promotions.edit 422
POST admin.create_grant               promotions.edit 422
POST admin.create_method              settings.edit   422
POST admin.create_order               orders.edit     422
POST admin.create_product             catalog.edit    422
POST admin.create_role                people.edit     422
POST admin.create_supplier            insight.edit    422
POST admin.create_tax                 settings.edit   422
POST admin.create_zone                settings.edit   422
GET  admin.credit                     promotions.edit 200
POST admin.delete_category            catalog.edit    303
POST admin.delete_method              settings.edit   303
POST admin.delete_role                people.edit     303
POST admin.delete_tax                 settings.edit   303
POST admin.delete_zone                settings.edit   303
POST admin.describe_picture           catalog.edit    303
POST admin.dismiss                    people.edit     404
GET  admin.drift                      catalog.view    200
POST admin.drop_recipient             insight.edit    303
POST admin.fulfil_order               orders.edit     303
GET  admin.home                       catalog.view    200
GET  admin.insight                    insight.view    200
GET  admin.insight_categories         insight.view    200
GET  admin.insight_categories_file    insight.view    200
GET  admin.insight_cohorts_file       insight.view    200
GET  admin.insight_customers          insight.view    200
GET  admin.insight_day                insight.view    200
GET  admin.insight_day_file           insight.view    200
GET  admin.insight_figure             insight.view    200
GET  admin.insight_figure_file        insight.view    200
GET  admin.insight_funnel             insight.view    200
GET  admin.insight_funnel_file        insight.view    200
GET  admin.insight_letter             insight.view    200
GET  admin.insight_letter_styles      insight.view    200
GET  admin.insight_payments           payments.view   200
GET  admin.insight_payments_file      payments.view   200
GET  admin.insight_products           insight.view    200
GET  admin.insight_products_file      insight.view    200
GET  admin.insight_reports            insight.view    200
GET  admin.insight_sales              insight.view    200
GET  admin.insight_sales_file         insight.view    200
GET  admin.insight_segments_file      insight.view    200
GET  admin.insight_stock              insight.view    200
GET  admin.insight_stock_file         insight.view    200
POST admin.invite                     people.edit     422
GET  admin.jobs                       jobs.view       200
POST admin.make_forecast              insight.edit    303
POST admin.make_product_forecast      insight.edit    303
GET  admin.method                     settings.edit   200
GET  admin.money                      payments.view   200
POST admin.move_category              catalog.edit    303
POST admin.move_method                settings.edit   303
GET  admin.new_card                   promotions.edit 200
GET  admin.new_coupon                 promotions.edit 200
GET  admin.new_grant                  promotions.edit 200
GET  admin.new_method                 settings.edit   200
GET  admin.new_order                  orders.edit     200
GET  admin.new_person                 people.edit     200
GET  admin.new_product                catalog.edit    200
GET  admin.new_role                   people.edit     200
GET  admin.new_supplier               insight.edit    200
GET  admin.new_tax                    settings.edit   200
GET  admin.new_zone                   settings.edit   200
POST admin.note_payment               orders.refund   303
GET  admin.order                      orders.view     200
GET  admin.orders                     orders.view     200
GET  admin.orders_file                orders.view     200
GET  admin.packing_plan               insight.edit    200
GET  admin.packing_slip               orders.view     200
POST admin.pay_back                   orders.refund   422
GET  admin.people                     people.view     200
GET  admin.person                     people.view     404
GET  admin.pictures                   catalog.view    200
POST admin.place_purchase             insight.edit    404
GET  admin.prices                     catalog.edit    200
GET  admin.product                    catalog.view    200
GET  admin.product_forecast           insight.view    200
GET  admin.products                   catalog.view    200
GET  admin.products_file              catalog.view    200
POST admin.publish_stock              stock.edit      303
GET  admin.purchase                   insight.view    200
GET  admin.purchase_file              insight.view    200
GET  admin.purchases                  insight.view    200
POST admin.put_picture_first          catalog.edit    303
POST admin.receive_purchase           stock.edit      409
GET  admin.refund                     orders.refund   303
POST admin.remove_picture             catalog.edit    303
POST admin.rename_category            catalog.edit    422
GET  admin.reorder                    insight.view    200
GET  admin.reorder_file               insight.view    200
POST admin.reset_factor               people.edit     404
POST admin.retry_all_jobs             jobs.edit       303
POST admin.retry_job                  jobs.edit       303
GET  admin.return_goods               orders.edit     303
GET  admin.return_requests            orders.view     200
GET  admin.role                       people.edit     200
GET  admin.roles                      people.view     200
POST admin.save_all_terms             insight.edit    422
POST admin.save_terms                 insight.edit    303
POST admin.set_product_status         catalog.edit    303
POST admin.set_roles                  people.edit     404
POST admin.set_state                  people.edit     404
GET  admin.shipping                   settings.edit   200
POST admin.sign_out_person            people.edit     404
GET  admin.stock                      catalog.view    200
GET  admin.supplier                   insight.edit    200
GET  admin.suppliers                  insight.view    200
POST admin.switch_account             promotions.edit 303
POST admin.take_back                  orders.edit     422
GET  admin.tax                        settings.edit   200
GET  admin.taxes                      settings.edit   200
GET  admin.zone                       settings.edit   200
POST cards.order                      everybody       422
GET  cards.show                       everybody       200
POST cart.add_line                    everybody       303
GET  cart.badge                       everybody       200
POST cart.change_line                 everybody       303
POST cart.remove_line                 everybody       303
GET  cart.show                        everybody       200
POST cart.undo                        everybody       303
GET  catalog.category                 everybody       200
GET  catalog.home                     everybody       200
GET  catalog.product                  everybody       200
GET  catalog.search                   everybody       200
POST checkout.keep_longer             everybody       303
POST checkout.place                   everybody       303
GET  checkout.show                    everybody       303
POST insight.letters_stopped          everybody       303
GET  insight.stop_letters             everybody       200
GET  monitoring.metrics               everybody       200
POST orders.ask_return                everybody       422
POST orders.cancel                    everybody       303
GET  orders.come_back                 everybody       303
GET  orders.find                      everybody       200
POST orders.look_up                   everybody       422
GET  orders.new_return                everybody       303
POST orders.pay                       everybody       303
GET  orders.receipt                   everybody       303
POST orders.repeat                    everybody       303
GET  orders.show                      everybody       200
POST orders.withdraw_return           everybody       303
POST pages.choose_language            everybody       303
GET  pages.health                     everybody       200
GET  pages.picture                    everybody       200
GET  pages.robots                     everybody       200
GET  pages.terms                      everybody       200
GET  payments.check                   everybody       200
GET  payments.pay                     everybody       303
POST payments.prove                   everybody       422
POST payments.receive                 everybody       400
POST payments.send_proof              everybody       303
POST privacy.ask_for_copy             customer        422
POST privacy.ask_for_erasure          customer        422
GET  privacy.copy                     customer        303
POST privacy.erase                    everybody       303
GET  privacy.erasure_link             everybody       303
POST privacy.fetch_copy               customer        303
GET  privacy.show                     customer        200
GET  static                           everybody       200
POST stock.ask                        everybody       404
GET  stock.show                       everybody       200
POST stock.stop                       everybody       303
POST wishlist.keep                    everybody       404
GET  wishlist.mails                   everybody       200
POST wishlist.remove                  own             303
GET  wishlist.show                    customer        200
POST wishlist.stop                    everybody       303
POST wishlist.tell_me                 own             303
"""


class Row(NamedTuple):
    """One line of the table."""

    method: str
    endpoint: str
    who: str
    status: str

    def expected(self, visitor: str) -> int:
        """What that visitor is answered: the door for strangers, a refusal for who lacks the permission."""
        if visitor == "unproven":
            return self._unproven()
        anonymous, _, signed_in = self.status.partition("/")
        if self.who == "everybody":
            return int(anonymous if visitor == "anonymous" else signed_in or anonymous)
        if visitor == "anonymous":
            return 303
        if self.who == "staff":
            return int(self.status) if visitor in {"owner", "manager", "packer", "analyst"} else 404
        if self.who == "own":
            return int(self.status) if visitor == "buyer" else 404
        is_allowed = self.who == "customer" or visitor in ROLES[self.who].split()
        return int(self.status) if is_allowed else 403

    def _unproven(self) -> int:
        """An owner who has not shown the second factor: what is for everybody, and the way to show it or to leave."""
        if self.who == "everybody" or self.endpoint in FACTORLESS:
            return self.expected("stranger" if self.who == "everybody" else "owner")
        return 303


ROWS = [Row(*line.split()) for line in TABLE.strip().splitlines()]
