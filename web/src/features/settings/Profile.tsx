import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Skeleton from "@mui/material/Skeleton";
import TextField from "@mui/material/TextField";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { useShowMeQuery, useChangeMeMutation, type Profile as Me } from "@/api";
import { messageFor, problemOf, type Problem } from "@/api/problem";
import { useSession } from "@/session/context";
import { Address } from "./Address";
import { Phone } from "./Phone";
import { DataState } from "@/ui/DataState";
import { useProblemText } from "@/ui/problemText";
import { toastSuccess } from "@/ui/toasts";
import { WriteButton } from "@/ui/WriteButton";
import "@/i18n/account";

export function Profile() {
  const { t } = useTranslation();
  const query = useShowMeQuery();
  return (
    <DataState query={query} what={t("account.settings.what.profile")} skeleton={<Skeleton variant="rounded" height={180} />}>
      {(me) => (
        <>
          <ProfileForm me={me} />
          <Address email={me.email} />
          <Phone phone={me.phone} isConfirmed={me.phone_confirmed} />
        </>
      )}
    </DataState>
  );
}

const FIELDS = ["first_name", "last_name"] as const;

function ProfileForm({ me }: { me: Me }) {
  const { t } = useTranslation();
  const session = useSession();
  const textOf = useProblemText();
  const [change] = useChangeMeMutation();
  const [problem, setProblem] = useState<Problem | null>(null);
  const { register, handleSubmit, setError, formState } = useForm({
    defaultValues: { first_name: me.first_name, last_name: me.last_name },
  });
  const { errors, isSubmitting } = formState;
  return (
    <Box
      component="form"
      noValidate
      onSubmit={(event) =>
        void handleSubmit(async ({ first_name, last_name }) => {
          setProblem(null);
          const answer = await change({ authUserChange: { first_name, last_name } });
          if (answer.error !== undefined) {
            const refused = problemOf(answer.error);
            setProblem(refused);
            for (const field of FIELDS) {
              const message = messageFor(refused, field);
              if (message !== null) setError(field, { message }, { shouldFocus: true });
            }
            return;
          }
          session.updateUser({ first_name, last_name });
          toastSuccess(t("account.settings.profileSaved"));
        })(event)
      }
      sx={{ display: "grid", gap: 2, gridTemplateColumns: { xs: "1fr", sm: "1fr 1fr" } }}
    >
      {problem !== null && (
        <Alert severity="error" role="alert" sx={{ gridColumn: "1 / -1" }}>
          {textOf(problem)}
        </Alert>
      )}
      <TextField
        label={t("account.firstName")}
        autoComplete="given-name"
        error={errors.first_name !== undefined}
        helperText={errors.first_name?.message}
        {...register("first_name", { required: t("account.required") })}
      />
      <TextField
        label={t("account.lastName")}
        autoComplete="family-name"
        error={errors.last_name !== undefined}
        helperText={errors.last_name?.message}
        {...register("last_name")}
      />
      <Box>
        <WriteButton type="submit" variant="contained" loading={isSubmitting}>
          {t("account.settings.save")}
        </WriteButton>
      </Box>
    </Box>
  );
}
