import type { EventKind } from '../../domain/events/kinds.ts'

/** What a column can mean. `price` is of one piece, `total` of the whole line or order. */
export const ROLES = [
  'user',
  'time',
  'kind',
  'eventId',
  'session',
  'orderId',
  'product',
  'category',
  'brand',
  'quantity',
  'price',
  'total',
  'currency',
  'coupon',
  'discount',
  'channel',
  'country',
  'promotion',
  'campaign',
] as const
export type Role = (typeof ROLES)[number]

/** How columns are called in English, German, French and Spanish, the most telling first; without accents and points. */
export const COLUMN_WORDS: Readonly<Record<Role, readonly string[]>> = {
  user: words(
    'user_id customer_id userid customerid user customer client_id clientid client visitor_id visitorid visitor member_id member account_id buyer_id buyer shopper_id shopper distinct_id uid anonymous_id ' +
      'kunden_nr kundennr kundennummer kunden_id kunde nutzer_id nutzer benutzer id_client no_client num_client numero_client code_client acheteur utilisateur id_utilisateur ' +
      'id_cliente cliente_id cliente num_cliente usuario id_usuario comprador email e_mail mail',
  ),
  time: words(
    'event_time timestamp event_timestamp occurred_at created_at ts time datetime date_time event_date order_date invoice_date purchase_date date server_time local_time when ' +
      'zeitpunkt zeitstempel bestelldatum datum zeit uhrzeit horodatage date_heure date_commande date_achat date_facture heure fecha_hora fecha_pedido fecha_compra fecha hora',
  ),
  kind: words(
    'event_type event_name event eventtype type action activity kind behavior behaviour event_kind ereignis aktion vorgang evenement type_evenement evento accion tipo_evento tipo typ',
  ),
  eventId: words(
    'event_id message_id eventid messageid insert_id hit_id log_id uuid guid id_evenement id_evento ereignis_id line_id row_id id',
  ),
  session: words(
    'session_id sessionid user_session session visit_id visit sitzung sitzungs_id id_session visite sesion id_sesion',
  ),
  orderId: words(
    'order_id orderid order_number order_no invoice_no invoiceno invoice_number invoice transaction_id transactionid transaction basket_id receipt_id receipt order ' +
      'bestellnummer bestell_nr bestellnr bestellung auftrag auftragsnummer rechnung rechnungsnummer no_commande num_commande numero_commande id_commande commande no_facture numero_facture facture ' +
      'id_pedido numero_pedido num_pedido pedido numero_factura factura',
  ),
  product: words(
    'product_id productid sku item_id itemid stock_code stockcode product_sku product article_id article asin aid item product_code product_name ' +
      'artikelnummer artikel_nr artikelnr artikel produkt produkt_id reference ref_produit id_produit code_produit produit code_article ' +
      'id_producto codigo_producto producto articulo referencia',
  ),
  category: words(
    'category_code category category_path product_category category_name department kategorie warengruppe produktgruppe categorie rayon famille categoria seccion category_id',
  ),
  brand: words('brand vendor manufacturer marke hersteller marque marca fabricante'),
  quantity: words(
    'quantity qty units pieces count menge anzahl stuck stueck stueckzahl quantite qte nb_articles cantidad unidades',
  ),
  price: words(
    'unit_price unitprice price item_price product_price price_usd price_eur einzelpreis stuckpreis preis prix_unitaire prix prix_unitaire_ttc precio_unitario precio',
  ),
  total: words(
    'total amount revenue total_price total_amount order_total grand_total line_total order_value value sales gmv payment_value ' +
      'betrag gesamt gesamtbetrag gesamtpreis summe umsatz montant montant_total montant_ttc total_ttc ca importe importe_total monto',
  ),
  currency: words('currency currency_code iso_currency wahrung waehrung devise monnaie moneda divisa'),
  coupon: words(
    'coupon coupon_code voucher voucher_code gutschein gutscheincode code_promo bon_de_reduction cupon codigo_descuento',
  ),
  discount: words('discount discount_amount rabatt nachlass remise reduction descuento'),
  channel: words(
    'channel sales_channel kanal vertriebskanal canal canal_de_vente canal_venta device platform',
  ),
  country: words('country country_code ship_country land lieferland pays pays_livraison pais'),
  promotion: words('promotion_id promotion promo_id promocion'),
  campaign: words('campaign utm_campaign campaign_name campaign_id kampagne campagne campana'),
}

/** How shops call what people do. */
export const KIND_WORDS: Readonly<Partial<Record<EventKind, readonly string[]>>> = {
  page_viewed: words(
    'page_view pageview page_viewed page screen screen_view visit seitenaufruf page_vue visita pagina',
  ),
  product_viewed: words(
    'view product_view product_viewed view_item viewed clicks click product_detail detail detail_view item_view produktansicht ansicht vue vue_produit consultation fiche_produit vista ver ver_producto',
  ),
  product_added: words(
    'cart add_to_cart addtocart added_to_cart product_added add carts add_cart basket add_to_basket warenkorb in_den_warenkorb panier ajout_panier ajout_au_panier carrito anadir_al_carrito',
  ),
  product_removed: words(
    'remove_from_cart removed_from_cart product_removed remove_cart remove removefromcart retrait_panier entfernt quitar_del_carrito',
  ),
  products_searched: words('search searched products_searched view_search_results suche recherche busqueda'),
  checkout_started: words(
    'checkout begin_checkout checkout_started start_checkout initiate_checkout kasse passage_en_caisse finalizar_compra',
  ),
  order_completed: words(
    'purchase order orders purchased order_completed buy bought transaction sale sold paid payment kauf bestellung verkauf achat commande vente compra pedido venta',
  ),
  order_cancelled: words(
    'cancel cancelled canceled order_cancelled cancellation storno storniert annulation annule cancelado cancelacion',
  ),
  order_refunded: words(
    'refund refunded order_refunded return returned retoure ruckgabe erstattung gutschrift retour remboursement avoir devolucion reembolso',
  ),
  promotion_viewed: words('promotion_viewed view_promotion promo_view'),
  promotion_clicked: words('promotion_clicked select_promotion promo_click'),
  campaign_exposed: words('campaign_exposed email_sent email_delivered mail_sent push_sent'),
}

/** Endings and articles by which a language is known from the names of columns. */
export const LANGUAGE_WORDS: Readonly<Record<'de' | 'fr' | 'es', readonly string[]>> = {
  de: words(
    'datum kunde kundennr kundennummer kunden_nr menge preis einzelpreis artikel artikelnummer betrag bestellung bestellnummer bestelldatum zeitpunkt anzahl warengruppe land gesamt umsatz ereignis',
  ),
  fr: words(
    'client id_client no_client date_commande prix prix_unitaire quantite qte montant montant_ttc produit commande no_commande rayon pays marque horodatage date_heure facture categorie',
  ),
  es: words(
    'cliente id_cliente fecha fecha_pedido precio precio_unitario cantidad importe producto pedido pais categoria marca articulo',
  ),
}

function words(text: string): readonly string[] {
  return text.split(' ')
}

/** A name as the lists have it: small letters without accents, one `_` between words. */
export function plain(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replaceAll('ß', 'ss')
    .toLowerCase()
    .replace(/[^a-z\d]+/g, '_')
    .replace(/^_+|_+$/g, '')
}
