import { webhooksEndpoints } from "./endpoints/webhooks";

export const webhooksApi = webhooksEndpoints.enhanceEndpoints({
  endpoints: {
    listWebhooks: { providesTags: ["webhook"] },
    showWebhook: { providesTags: ["webhook"] },
    createWebhook: { invalidatesTags: ["webhook"] },
    changeWebhook: { invalidatesTags: ["webhook"] },
    deleteWebhook: { invalidatesTags: ["webhook"] },
    rotateWebhook: { invalidatesTags: ["webhook"] },
    testWebhook: { invalidatesTags: ["webhookLog"] },
    listWebhookMessages: { providesTags: ["webhookLog"] },
    replayWebhookMessage: { invalidatesTags: ["webhookLog"] },
    replayWebhook: { invalidatesTags: ["webhookLog"] },
  },
});

export const {
  useChangeWebhookMutation,
  useCreateWebhookMutation,
  useDeleteWebhookMutation,
  useListWebhookMessagesQuery,
  useListWebhooksQuery,
  useReplayWebhookMessageMutation,
  useRotateWebhookMutation,
  useTestWebhookMutation,
} = webhooksApi;
