/** The program Prometheus, and questions to its HTTP API. */
import { eventually } from "../../support/waiting";
import { type Program, versionFrom } from "./programs";

export const prometheusServer: Program = {
  name: "prometheus",
  debian: "apt install prometheus",
  version: () => versionFrom(prometheusServer, "--version"),
};

export interface Series {
  metric: Record<string, string>;
  value: [number, string];
}

/** Resolves with the data of an answer; rejects with the error that Prometheus reports. */
export async function ask(url: string, path: string, parameters: Record<string, string> = {}): Promise<any> {
  const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
  const { status, data, error } = (await response.json()) as any;
  if (status !== "success") {
    throw new Error(`${parameters.query ?? path}: ${error}`);
  }
  return data;
}

/** The present series of an expression. */
export async function query(url: string, expression: string): Promise<Series[]> {
  return (await ask(url, "query", { query: expression })).result;
}

/**
 * Resolves when `check` no longer throws or rejects. Unlike `eventually()`, it leaves the processor to other programs
 * between two attempts.
 */
export function succeeds(check: () => unknown): Promise<void> {
  return eventually(async () => {
    try {
      await check();
      return true;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return false;
    }
  });
}
