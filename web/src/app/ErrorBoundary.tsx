import { Component, type ReactNode } from "react";
import { useLocation } from "react-router";
import { Broken } from "@/ui/ErrorPages";

interface Props {
  /** Where one is: going elsewhere gives the next page its chance. */
  place: string;
  children: ReactNode;
}

class Boundary extends Component<Props, { failedAt: string | null }> {
  override state = { failedAt: null as string | null };

  static getDerivedStateFromError() {
    return { failedAt: "" };
  }

  override componentDidCatch() {
    this.setState({ failedAt: this.props.place });
  }

  override componentDidUpdate(before: Props) {
    if (before.place !== this.props.place && this.state.failedAt !== null) this.setState({ failedAt: null });
  }

  override render() {
    return this.state.failedAt === null ? this.props.children : <Broken />;
  }
}

/** Shows a page of its own when a page's code fails or cannot be fetched. */
export function ErrorBoundary({ children }: { children: ReactNode }) {
  const { pathname } = useLocation();
  return <Boundary place={pathname}>{children}</Boundary>;
}
