import { metaPlatform } from './meta.ts';

/**
 * The WhatsApp Cloud API. A message is for a phone number; updates about the account or its templates have no
 * `metadata` and are for the account alone (developers.facebook.com/documentation/business-messaging/whatsapp).
 */
export const whatsapp = metaPlatform({
  name: 'whatsapp',
  object: 'whatsapp_business_account',
  account: 'account',
  within: { field: 'phone_number', array: '/changes', pointer: '/value/metadata/phone_number_id' },
});
